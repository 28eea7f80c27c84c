"""What a search sends: its estimator, its folds and all else that YAML can't say, as files beside a study.

Objects travel as skops archives, without pickle; Keras's as what Keras writes of them; functions as code does; folds as
the row numbers that ``cv`` gave.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from itertools import count
from typing import Any

import keras
from sklearn.base import clone
from sklearn.metrics import get_scorer

from job.sklearn import parameters
from job.sklearn.recipes import plain
from job.sklearn.remote import archives, process_settings
from job.sklearn.remote.archives import Archives
from job.sklearn.remote.arrived import ABOUT, AS_GIVEN, ESTIMATOR, MODULE, OBJECTS, SCRIPT
from job.sklearn.template import own_objects
from job.study import sklearn_private, slips
from job.study.params import FIT
from job.study.usercode import travelling
from job.study.usercode.travelling import Travelling
from job.train import estimators
from job.train.estimator_trainer import INSTEAD

Put = Callable[[bytes], str]
_LARGE = 50_000  # bytes; a study and all beside it travel to a cluster in a quarter of a megabyte
_WIDER = ("callbacks", "early_stopping")
"""What an estimator takes more kinds of than a study's ``fit``: None, True, objects."""


@dataclass
class Parcel:
    """Gathers what travels.

    Attributes:
        archives: writes objects.
        score_instead: the score of a scorer that raises; None where it fails the fit.
    """

    archives: Archives = field(default_factory=Archives)
    score_instead: float | None = None
    _objects: dict[str, Any] = field(default_factory=dict)
    _of_keras: dict[str, Any] = field(default_factory=dict)
    _renamed: dict[str, str] = field(default_factory=dict)
    _scorers: dict[str, str] = field(default_factory=dict)
    _travelling: list[Travelling] = field(default_factory=list)
    _labels: dict[int, tuple[str, Any]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def params(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A candidate's parameters as a study has them: plain values as they are, for others a label.

        A name of the study's own ``fit`` goes by another where its values are labels, which no fit takes, or may be
        what an estimator alone takes.
        """
        found = {}
        for name, value in given.items():
            sent = self._sent(name, value)
            known = name in FIT and (name in _WIDER or not _is_plain(value))
            other = f"estimator__{name}" if known else name
            if known:
                self._renamed[other] = name
            found[other] = sent
        return found or {AS_GIVEN: True}

    def scorer(self, scorer: Any, *, weighed: bool = False) -> str:
        """A scorer as a study names it: by scikit-learn's name, or by its import path.

        Args:
            scorer: a name, a function or an object.
            weighed: whether it is given the rows' weights, if it takes any.
        """
        given = get_scorer(scorer) if weighed and isinstance(scorer, str) else scorer
        takes = sklearn_private.takes(given) if sklearn_private.is_scorer(given) else ()
        weighed = weighed and "sample_weight" in (takes or signature(given).parameters)
        if isinstance(scorer, str) and not weighed:
            return scorer
        if hasattr(scorer, "__qualname__") and not weighed:
            return self._function(scorer)
        name = scorer if isinstance(scorer, str) else getattr(given, "__name__", "scorer")
        label = f"{name}_{next(self._numbers)}"
        self._objects[label] = given
        self._scorers[label] = "arrived.Weighed({})" if weighed else "{}"
        return f"{MODULE}:{label}"

    def files(self, estimator: Any, places: Mapping[str, Any], put: Put | None = None) -> dict[str, bytes]:
        """All files, by path.

        Args:
            estimator: of the search.
            places: where folds and rows lie.
            put: puts an estimator that is too large to lie beside a study, such as one with validation data, among the
                rows in the store, and returns where.

        Raises:
            ValueError: something can't travel; says what to do.
        """
        sent = clone(estimator, safe=False)
        sklearn_private.drop_requests(sent)  # skops can't read them; workers give weights to whom they go
        _, step = estimators.last_step(sent)
        for name, value in step.get_params(deep=False).items():
            if _is_of_keras(value) and name != "model":
                step.set_params(**{name: self._label(value)})
        about = {**places, **self._model(step)}
        written = {
            ESTIMATOR: self.archives.dumped(sent, "the estimator"),
            OBJECTS: self.archives.dumped(self._objects, "a parameter's value"),
        }
        about |= {
            "keras": self._of_keras,
            "renamed": self._renamed,
            "settings": process_settings.read(),
            "trusted": {name: archives.trusted(data) for name, data in written.items()},
        }
        found = 'arrived.objects(HERE)["{}"]'
        lines = [f"{one} = {form.format(found.format(one))}\n" for one, form in self._scorers.items()]
        if self.score_instead is not None:
            lines.append(f'build.{INSTEAD} = float("{self.score_instead}")\n')
        if put is not None and len(written[ESTIMATOR]) > _LARGE:
            about["estimator"] = put(written.pop(ESTIMATOR))
        return {
            **travelling.together([*self._travelling, *self.archives.travelling.values()]),
            **written,
            f"{MODULE}.py": "\n".join([SCRIPT, *lines]).encode(),
            ABOUT: json.dumps(about, sort_keys=True).encode(),
        }

    def _model(self, step: Any) -> dict[str, Any]:
        """What makes the models, which is taken out of the estimator: a function by its code, a model as Keras has it.

        Anything else, such as a ``functools.partial``, stays in it.
        """
        model = step.model
        if isinstance(model, keras.Model):
            parameters.look(model, None)
            parameters.maker(model)  # workers could not tell what it would lose
            step.model = None
            own = {name: self._function(one) for name, one in own_objects(model).items()}
            return {"template": _written(model), "own": own}
        if hasattr(model, "__qualname__"):
            step.model = None
            return {"model": self._function(model)}
        return {}

    def _function(self, function: Any) -> str:
        found = travelling.of(function)
        self._travelling.append(found)
        return found.spec

    def _sent(self, name: str, value: Any) -> Any:
        value = plain(value)
        slip = isinstance(value, str) and (slips.uncommaed(value) or slips.quoted(name, value))
        return value if _is_plain(value) and not slip else self._label(value)

    def _label(self, value: Any) -> str:
        if id(value) not in self._labels:
            label = f"{getattr(value, '__name__', type(value).__name__)} #{next(self._numbers)}"
            self._labels[id(value)] = label, value  # the value is held, so the number stays its own
            if _is_of_keras(value):
                self._of_keras[label] = _written(value)
            else:
                self._objects[label] = value
        return self._labels[id(value)][0]


def _is_plain(value: Any) -> bool:
    """Whether YAML and JSON give a value back as it is."""
    if isinstance(value, list):
        return all(_is_plain(one) for one in value)
    if isinstance(value, dict):
        return len(value) > 0 and all(isinstance(name, str) and _is_plain(one) for name, one in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | bool | int)


def _written(value: Any) -> dict[str, Any]:
    """What Keras writes of an object, but for the names of optimizers, which it counts up within a process."""
    found: dict[str, Any] = keras.saving.serialize_keras_object(value)
    optimizer = (
        found if isinstance(value, keras.optimizers.Optimizer) else found.get("compile_config", {}).get("optimizer")
    )
    if isinstance(optimizer, dict):
        optimizer["config"].pop("name", None)
    return found


def _is_of_keras(value: Any) -> bool:
    """Whether Keras can write an object and make it again: an optimizer, a loss, an initializer."""
    return hasattr(value, "get_config") and type(value).__module__.startswith("keras.")
