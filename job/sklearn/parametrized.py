"""An estimator's parameters: its own, and those of the function or template that makes its model."""

import copy
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import keras
from sklearn.base import BaseEstimator, clone

from job.sklearn import parameters
from job.study.sklearn_private import OF_ESTIMATORS


class Parametrized(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """What has them."""

    _own: ClassVar[tuple[str, ...]] = (
        "epochs", "batch_size", "shuffle", "callbacks", "validation_split", "validation_data", "class_weight",
        "early_stopping", "targets", "threshold", "random_state", "verbose",
    )  # fmt: skip

    _takes: ClassVar[tuple[tuple[str, ...], bool]]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls._takes = _arguments(cls)

    def __init__(  # noqa: PLR0913  # parameters of an estimator are arguments
        self,
        model: Any = None,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        shuffle: bool = True,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        class_weight: Any = None,
        early_stopping: Any = None,
        targets: str | None = None,
        threshold: float | None = None,
        random_state: Any = None,
        verbose: int = 0,
        **parameters_: Any,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.validation_data = validation_data
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.targets = targets
        self.threshold = threshold
        self.random_state = random_state
        self.verbose = verbose
        self._more: dict[str, Any] = {}
        if parameters_:
            self._set_more(parameters_)

    def __getattr__(self, name: str) -> Any:
        """A parameter of the model's function or template, as other estimators have theirs: ``best.hidden_units``."""
        if "_more" in self.__dict__ and not _is_private(name):
            given = self._defaults() | {parameters.bare(one): value for one, value in self._more.items()} | self._more
            if name in given:
                return given[name]
        attribute = getattr(type(self), name, None)
        if isinstance(attribute, property):  # it raised, and Python lost what
            return attribute.__get__(self)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        known = name in self.__dict__ or _is_private(name) or "_more" not in self.__dict__
        if not known and (name in self._more or name in self._names()):
            self._set_more({name: value})
        else:
            super().__setattr__(name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  # scikit-learn's signature
        """All parameters by name.

        Args:
            deep: whether those that the model's function has by default, or the template has, are there too.
        """
        found = {name: getattr(self, name) for name in self._known()} | self._more
        return {**self._in_force(), **found} if deep else found

    def _known(self) -> tuple[str, ...]:
        """The names of the estimator's own parameters; those of a subclass's constructor, which may give the model."""
        names, takes_any = self._takes
        more = tuple(name for name in names if name not in ("model", *self._own) and name not in self._more)
        return (*(["model"] if takes_any or "model" in names else []), *self._own, *more)

    def _in_force(self) -> dict[str, Any]:
        """As ``_defaults``, with what is given as ``model__NAME`` under the bare name too."""
        found = self._defaults()
        given = {parameters.bare(name): value for name, value in self._more.items()}
        return found | {name: value for name, value in given.items() if name in found}

    def _defaults(self) -> dict[str, Any]:
        """What the model's function has by default, or the template has."""
        try:
            return parameters.defaults(self.model)
        except ValueError:  # told when it is fitted
            return {}

    def _names(self) -> tuple[str, ...]:
        try:
            return parameters.taken(self.model)
        except ValueError:  # told when it is fitted
            return ()

    def set_params(self, **params: Any) -> Self:
        """Sets parameters: the estimator's own, and those of the model's function or template.

        Raises:
            ValueError: nothing takes one of them; lists what there is. Of what is neither function nor model nothing
                can be known, and ``fit`` says so.
        """
        known = self._known()
        for name in known:
            if name in params:
                setattr(self, name, params[name])
        self._set_more({name: value for name, value in params.items() if name not in known})
        return self

    def _set_more(self, params: Mapping[str, Any]) -> None:
        if params and parameters.refusal(self.model) is None:
            parameters.check(self.model, params, self._known(), type(self).__name__)
        if params:  # a later setting replaces an earlier one of either spelling
            others = {parameters.bare(name): name for name in params}
            kept = {
                name: value for name, value in self._more.items() if others.get(parameters.bare(name), name) == name
            }
            given = {name: value for name, value in params.items() if others[parameters.bare(name)] == name}
            self._more = {**kept, **given}

    def __sklearn_clone__(self) -> Self:
        """A new one; the model, the validation rows and layers are the same objects, which fits only read."""
        params = self.get_params(deep=False)
        layers = (name for name, value in params.items() if isinstance(value, keras.layers.Layer))
        kept = ("model", "validation_data", *layers)
        params["callbacks"] = _detached(params["callbacks"])
        copied = {name: value if name in kept else clone(value, safe=False) for name, value in params.items()}
        names, takes_any = self._takes
        found = type(self)(**{name: value for name, value in copied.items() if takes_any or name in names})
        found.set_params(**{name: value for name, value in copied.items() if not (takes_any or name in names)})
        for name in OF_ESTIMATORS:
            if name in self.__dict__:
                setattr(found, name, copy.deepcopy(self.__dict__[name]))
        return found


def _arguments(kind: type) -> tuple[tuple[str, ...], bool]:
    """What a class's constructor takes by name, and whether it takes any name: those of its parents then count too."""
    names: dict[str, None] = {}
    for one in kind.__mro__:
        if "__init__" not in vars(one):
            continue
        taken = list(inspect.signature(one.__init__).parameters.values())[1:]  # type: ignore[misc]
        names |= {each.name: None for each in taken if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}
        takes_any = any(each.kind is each.VAR_KEYWORD for each in taken)
        if one is Parametrized or not takes_any:
            return tuple(names), takes_any
    return tuple(names), False


def _is_private(name: str) -> bool:
    """Whether a name is that of no parameter: what is scikit-learn's or fitting leaves begins or ends with "_"."""
    return name.startswith("_") or name.endswith("_")


def _detached(callbacks: Any) -> Any:
    """Callbacks without the model that they last looked at, which would be copied with them."""
    if callbacks is None:
        return None
    found = [copy.copy(one) for one in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])]
    for one in found:
        if isinstance(one, keras.callbacks.Callback):
            keras.callbacks.Callback.set_model(one, None)
    return found if isinstance(callbacks, list | tuple) else found[0]
