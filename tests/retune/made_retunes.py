"""Retunes of the made-up study, by workers that make their scores up."""

from plan import made_plan
from retune.made_workers import Watching, Workers

from job.controller import Control
from job.retune import champion as in_use
from job.retuning import Retuning
from job.store import nonces
from job.study.study import Retune


def narrow(params):
    """Small networks are the best."""
    return 0.8 - params["units"] / 1000 - params["learning_rate"] / 100


def wide(params):
    """Large networks are the best."""
    return 0.6 + params["units"] / 200 - params["learning_rate"] / 100


OF_STUDY = ("space", "error_score")
"""Fields that are the study's, and not of its section ``retune``."""


def retuning(store, workers, name=None, told=lambda _: None, **section):
    """One retune of the made-up study."""
    fields = {name: section.pop(name) for name in OF_STUDY if name in section}
    study = made_plan.study(retune=Retune(**section), **fields)
    control = Control(study, workers, store, Watching(), workers=2, resume="tunejob retune it")
    return Retuning(control, name or nonces.fresh(), told=told)


def retuned(store, score, data="data 1", **section):
    """A retune to its end; what it came to, and its workers."""
    workers = Workers(store, score, data=data)
    return retuning(store, workers, **section).run(), workers


def champion(store):
    """What is in use."""
    return in_use.read(store, "flowers")[0]
