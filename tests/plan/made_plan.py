"""Studies and facts as ``prepare`` would find them, made up."""

from typing import Any

from job.plan.plan import Facts
from job.study.study import Search, Splitter, Study

SPACE = {"units": [8, 16, 32], "learning_rate": [0.1, 0.01], "batch_size": [16, 32]}


def study(**changed: Any) -> Study:
    """A study of twelve trials and three folds."""
    fields: dict[str, Any] = {
        "name": "flowers",
        "model": "model:build",
        "data": "data:load",
        "search": Search(kind="grid"),
        "space": (SPACE,),
        "cv": Splitter(name="folds", arguments={"n_splits": 3}),
    }
    return Study.model_validate({**fields, **changed})


def facts(folds: int = 3, rows: int = 300, **changed: Any) -> Facts:
    """Facts of a binary study."""
    test = rows // max(folds, 2)
    fields: dict[str, Any] = {
        "fingerprint": "data",
        "folds_digest": "folds",
        "code_digest": "code",
        "rows": rows,
        "fold_sizes": ((rows - test, test),) * folds,
        "task": "binary",
        "why": "y has 2 different integers",
        "classes": (0, 1),
        "scoring": ("accuracy",),
        "build_parameters": ("units", "learning_rate"),
        "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "scikit-learn": "1.9.0"},
        "packages": {"keras": "3.15.1"},
        "device": "CPU: made up, 2 cores",
        "import_seconds": 0.0,
        "data_seconds": 0.0,
    }
    return Facts.model_validate({**fields, **changed})
