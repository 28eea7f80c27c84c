"""Trains what many estimators ask for: those of one function on like rows together, by the study's own trainer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from job.data.rows import Indices, Rows
from job.plan import identity
from job.sklearn import rows as rows_of
from job.sklearn import tables, wording
from job.sklearn.asks import Answer, Ask
from job.sklearn.recipes import Recipe, builder
from job.sklearn.turns import unnoticed
from job.train import failures
from job.train.fits import FitRequest, Material, Trained
from job.train.groups import Group
from job.train.refusals import ByFit
from job.train.trainer import Trainer

_TRAINERS = 4  # trainers kept, each with its rows on the device
_NONE: Indices = np.arange(0)


class FitFailed(ValueError):
    """A fit of a group failed; says how, as Keras or our own check said it."""


@dataclass(eq=False)
class _Opened:
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
class Training:
    """Trainers that are kept from fit to fit, with the programs that they traced."""

    _opened: list[tuple[Any, _Opened]] = field(default_factory=list)

    def train(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer | Exception]]:
        """Trains them, group by group.

        Yields:
            The place of each among ``asks``, and what came of it; those of one group in a row.
        """
        for places in _alike(asks):
            with unnoticed():
                opened, moved = self._at_hand([asks[place] for place in places])
                requests = [opened.request(ask, number) for number, ask in enumerate(moved)]
                groups = opened.trainer.groups(requests)
            for request, found in self._each(opened, groups):
                number = request.fold
                with unnoticed():
                    answer = _answer(opened, moved[number], request, found)
                yield places[number], answer

    def _each(self, opened: _Opened, groups: Iterator[Group]) -> Iterator[tuple[FitRequest, Trained | ByFit]]:
        """The fits of some groups with what came of each, group by group; Keras is others' between them."""
        while True:
            with unnoticed():
                group = next(groups, None)
                found = [] if group is None else self._trained(opened, group)
            if group is None:
                return
            yield from zip(group.requests, found, strict=True)

    def one(self, ask: Ask) -> Answer:
        """Trains one fit by itself: by a program that is there already, else by Keras ``fit``.

        Raises:
            Exception: whatever the fit raises.
        """
        opened = next((one for key, one in self._opened if key == _key(ask) and one.rows is ask.rows), None)
        if opened is not None:
            found = next(answer for _, answer in self.train([ask]))
            if isinstance(found, Exception):
                raise found
            return found
        with unnoticed():
            opened = _open(ask)
            return _by_fit(opened, ask, opened.request(ask, 0), None)

    def _trained(self, opened: _Opened, group: Group) -> Sequence[Trained | ByFit]:
        if group.why is not None:
            return [group.why] * len(group.requests)
        return opened.trainer.together(group)

    def _at_hand(self, asks: Sequence[Ask]) -> tuple[_Opened, list[Ask]]:
        """A trainer for asks that are alike, and the asks moved to its rows."""
        moved = tables.on_one_table(asks)
        key, rows = _key(moved[0]), moved[0].rows
        for its, opened in self._opened:
            if its == key and opened.rows is rows:
                return opened, moved
        opened = _open(moved[0])
        self._opened = [*self._opened[-_TRAINERS + 1 :], (key, opened)]
        return opened, moved


def _key(ask: Ask) -> tuple[Any, ...]:
    return id(ask.recipe.maker), ask.form, ask.threshold


def _open(ask: Ask) -> _Opened:
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
    return _Opened(ask.recipe.maker, rows, Trainer(builder(ask.recipe.maker, known), material), known)


def _alike(asks: Sequence[Ask]) -> list[list[int]]:
    """Places of asks that may train together."""
    found: dict[Any, list[int]] = {}
    for place, ask in enumerate(asks):
        found.setdefault(tables.like(ask), []).append(place)
    return list(found.values())


def _answer(opened: _Opened, ask: Ask, request: FitRequest, found: Trained | ByFit) -> Answer | Exception:
    if isinstance(found, ByFit):
        try:
            return _by_fit(opened, ask, request, found)
        except Exception as error:  # noqa: BLE001  # raised where the fit was asked for
            return error
    if found.failure is not None:
        kind = failures.NotFinite if found.failure.kind == "non-finite" else FitFailed
        return kind(wording.told(found.failure.message))
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
        seconds=found.seconds,
    )


def _by_fit(opened: _Opened, ask: Ask, request: FitRequest, why: ByFit | None) -> Answer:
    run = opened.trainer.alone(request, why, ask.verbose)
    run.fit()
    return _made_of(ask, run.told(), run.model if run.learned else None)
