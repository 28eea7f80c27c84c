"""Trains what many estimators ask for: those of one function on like rows together, by the study's own trainer."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from job.data.rows import Indices, Rows
from job.plan import identity
from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer, Ask
from job.sklearn.progress import Bar
from job.sklearn.recipes import Recipe, builder
from job.train import building, failures, feeding
from job.train.fits import FitRequest, Group, Material, Trained
from job.train.patches import keras_state, private
from job.train.refusals import ByFit
from job.train.trainer import Trainer

_MODELS = 16  # kept to predict with
_SHOPS = 4  # trainers kept, each with its rows on the device
_NONE: Indices = np.arange(0)


class FitFailed(ValueError):
    """A fit of a group failed; says how, as Keras or our own check said it."""


@dataclass(eq=False)
class _Shop:
    """A trainer and the recipes of the models it builds."""

    maker: Any
    rows: Rows
    trainer: Trainer
    known: dict[str, Recipe]

    def request(self, ask: Ask, number: int) -> FitRequest:
        self.known[ask.recipe.key] = ask.recipe
        settings = ask.settings.model_dump_json()
        params = {"key": ask.recipe.key, "settings": settings}
        return FitRequest(
            identity=identity.digest(ask.recipe.key, settings, str(ask.seed), str(number)),
            trial=0,
            fold=number,
            params=params,
            build={"key": ask.recipe.key},
            settings=ask.settings,
            train=ask.train,
            validation=ask.validation,
            test=_NONE,
            class_weight=ask.class_weight,
            seed=ask.seed,
            keep=True,
            callbacks=ask.callbacks,
        )


@dataclass(eq=False)
class Workshop:
    """What one search keeps from fit to fit: traced programs, and models to predict with.

    Attributes:
        bar: tells how many fits are done.
    """

    bar: Bar = field(default_factory=lambda: Bar(shows=False))
    _shops: list[tuple[Any, _Shop]] = field(default_factory=list)
    _tables: dict[tuple[Any, ...], tuple[Any, Rows]] = field(default_factory=dict)
    _models: dict[tuple[int, str], tuple[Recipe, Any]] = field(default_factory=dict)

    def rows(self, key: tuple[Any, ...], made: Any) -> Rows:
        """Rows of objects that many fits share, read once.

        Args:
            key: the objects themselves, and what else decides how they are read.
            made: reads them.
        """
        number = _numbers(key)
        if number not in self._tables:
            self._tables[number] = (key, made())  # holding the objects keeps their numbers theirs
        return self._tables[number][1]

    def known(self, key: tuple[Any, ...]) -> Rows | None:
        """Rows of these objects, where they were read."""
        found = self._tables.get(_numbers(key))
        return None if found is None else found[1]

    def train(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer | Exception]]:
        """Trains them, group by group.

        Yields:
            The place of each among ``asks``, and what came of it; those of one group in a row.
        """
        for places in _alike(asks):
            shop, moved = self._shop([asks[place] for place in places])
            requests = [shop.request(ask, number) for number, ask in enumerate(moved)]
            for group in shop.trainer.groups(requests):
                for request, found in zip(group.requests, self._trained(shop, group), strict=True):
                    number = request.fold
                    yield places[number], _answer(shop, moved[number], request, found)

    def one(self, ask: Ask) -> Answer:
        """Trains one fit by itself: by a program that is there already, else by Keras ``fit``.

        Raises:
            Exception: whatever the fit raises.
        """
        shop = next((one for key, one in self._shops if key == _key(ask) and one.rows is ask.rows), None)
        if shop is not None:
            found = next(answer for _, answer in self.train([ask]))
            if isinstance(found, Exception):
                raise found
            return found
        shop = _opened(ask)
        return _by_fit(shop, ask, shop.request(ask, 0), None)

    def model(self, answer: Answer) -> Any:
        """A model with what training gave, shared by all fits of its recipe: for use at once."""
        key = (id(answer.recipe.maker), answer.recipe.key)
        if key not in self._models:
            while len(self._models) >= _MODELS:
                self._models.pop(next(iter(self._models)))
            self._models[key] = (answer.recipe, None)
        recipe, model = self._models.pop(key)
        model = made(recipe, answer) if model is None else put(model, answer)
        self._models[key] = (recipe, model)
        return model

    def _trained(self, shop: _Shop, group: Group) -> Sequence[Trained | ByFit]:
        if group.why is not None:
            return [group.why] * len(group.requests)
        return shop.trainer.together(group)

    def _shop(self, asks: Sequence[Ask]) -> tuple[_Shop, list[Ask]]:
        """A trainer for asks that are alike, and the asks moved to its rows."""
        moved = _on_one_table(asks)
        key, rows = _key(moved[0]), moved[0].rows
        for its, shop in self._shops:
            if its == key and shop.rows is rows:
                return shop, moved
        shop = _opened(moved[0])
        self._shops = [*self._shops[-_SHOPS + 1 :], (key, shop)]
        return shop, moved


def made(recipe: Recipe, answer: Answer) -> Any:
    """A new model with what training gave."""
    with keras_state.kept():
        model = building.fresh(recipe.make, {}, answer.seed)
        if not model.built or not model.variables:
            model(feeding.tensors(answer.sample, np.arange(1)))
    return put(model, answer)


def put(model: Any, answer: Answer) -> Any:
    """Puts a fit's values into a model of its recipe."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    for variable, value in zip(variables, answer.variables, strict=True):
        variable.assign(value)
    for layer in private.layers(model):
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()
    return model


def _numbers(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one if isinstance(one, str) else id(one) for one in key)


def _key(ask: Ask) -> tuple[Any, ...]:
    return id(ask.recipe.maker), ask.form, ask.threshold


def _opened(ask: Ask) -> _Shop:
    rows, known = ask.rows, dict[str, Recipe]()
    material = Material(
        X=rows.X,
        encoded=rows.encoded,
        sample_weight=rows.sample_weight,
        classes=None if rows.classes is None else len(rows.classes),
        parts=rows.parts,
        form=ask.form,
        threshold=ask.threshold,
    )
    return _Shop(ask.recipe.maker, rows, Trainer(builder(ask.recipe.maker, known), material), known)


def _alike(asks: Sequence[Ask]) -> list[list[int]]:
    """Places of asks whose rows can lie in one table."""
    found: dict[Any, list[int]] = {}
    for place, ask in enumerate(asks):
        rows = ask.rows
        classes = None if rows.classes is None else (str(rows.classes.dtype), *rows.classes.tolist())
        shapes = rows_of.signature(rows.X), rows.encoded.shape[1:], str(rows.given.dtype), rows.given.shape[1:]
        weighted = rows.sample_weight is None
        found.setdefault((*_key(ask), shapes, rows.task, classes, weighted), []).append(place)
    return list(found.values())


def _on_one_table(asks: Sequence[Ask]) -> list[Ask]:
    """Asks moved to one table: rows of equal content are there once."""
    tables = {id(ask.rows): ask.rows for ask in asks}
    if len(tables) == 1:
        return list(asks)
    kept: dict[str, tuple[Rows, int]] = {}
    begins: dict[int, int] = {}
    end = 0
    for number, rows in tables.items():
        digest = _digest(rows)
        if digest not in kept:
            kept[digest] = (rows, end)
            end += len(rows)
        begins[number] = kept[digest][1]
    whole = rows_of.together([rows for rows, _ in kept.values()]) if len(kept) > 1 else next(iter(kept.values()))[0]
    return [
        replace(
            ask,
            rows=whole,
            train=ask.train + begins[id(ask.rows)],
            validation=ask.validation + begins[id(ask.rows)],
        )
        for ask in asks
    ]


def _digest(rows: Rows) -> str:
    state = hashlib.blake2b()
    for array in (*keras.tree.flatten(rows.X), rows.encoded, rows.given, rows.sample_weight):
        if array is None:
            continue
        state.update(f"{array.dtype} {array.shape}".encode())
        data = "\0".join(map(str, array.ravel())).encode() if array.dtype.kind == "O" else np.ascontiguousarray(array)
        state.update(data)  # type: ignore[arg-type]
    return state.hexdigest()


def _answer(shop: _Shop, ask: Ask, request: FitRequest, found: Trained | ByFit) -> Answer | Exception:
    if isinstance(found, ByFit):
        try:
            return _by_fit(shop, ask, request, found)
        except Exception as error:  # noqa: BLE001  # raised where the fit was asked for
            return error
    if found.failure is not None:
        kind = failures.NotFinite if found.failure.kind == "non-finite" else FitFailed
        return kind(found.failure.message)
    return _made_of(ask, found)


def _made_of(ask: Ask, found: Trained, model: Any = None) -> Answer:
    return Answer(
        recipe=ask.recipe,
        seed=ask.seed,
        variables=found.variables or [],
        history=found.history,
        reading=found.reading,
        way=found.way,
        why=found.why,
        sample=rows_of.taken(ask.rows.X, ask.train[:1]),
        model=model,
    )


def _by_fit(shop: _Shop, ask: Ask, request: FitRequest, why: ByFit | None) -> Answer:
    run = shop.trainer.alone(request, why, ask.verbose)
    with keras_state.kept():
        run.fit()
    return _made_of(ask, run.told(), run.model if run.learned else None)
