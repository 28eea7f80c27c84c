"""Studies of data, and rows, made up."""

from pathlib import Path
from typing import Any

import numpy as np

from job.data import loading
from job.data.given import Given
from job.data.rows import Rows
from job.study.study import Search, Splitter, Study


def study(data: Any = "data:load", **changed: Any) -> Study:
    """A study whose data is all that matters."""
    fields: dict[str, Any] = {
        "name": "rows",
        "model": "model:build",
        "data": data,
        "search": Search(kind="grid"),
        "space": ({"units": [8]},),
        "cv": Splitter(name="folds", arguments={"n_splits": 3}),
    }
    return Study.model_validate({**fields, **changed})


def rows(X: Any = None, y: Any = None, groups: Any = None, sample_weight: Any = None, **changed: Any) -> Rows:
    """Rows as they are after loading; of X alone zeros, if it is left out."""
    X = np.zeros((len(y), 2), dtype=np.float32) if X is None else X
    return loading.rows(Given(X=X, y=y, groups=groups, sample_weight=sample_weight, where="load()"), study(**changed))


def loaded(folder: Path, source: str, **changed: Any) -> Rows:
    """Rows from a loader of this source."""
    (folder / "data.py").write_text("import numpy as np\n" + source)
    return loading.load(study(**changed), folder)
