"""What one search keeps from fit to fit."""

from dataclasses import dataclass, field

from job.sklearn.models import Models
from job.sklearn.progress import Bar
from job.sklearn.tables import Tables
from job.sklearn.training import Training


@dataclass(eq=False)
class SearchCache:
    """What is read, traced and built once for many fits.

    Attributes:
        bar: tells how many fits are done.
        tables: rows.
        training: trainers with their programs.
        models: to predict with.
    """

    bar: Bar = field(default_factory=lambda: Bar(shows=False))
    tables: Tables = field(default_factory=Tables)
    training: Training = field(default_factory=Training)
    models: Models = field(default_factory=Models)
