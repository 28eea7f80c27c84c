"""A search trained elsewhere: scikit-learn's own ``fit``, with runs in place of its fits and of its refit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, Self

import joblib  # type: ignore[import-untyped]
from sklearn.base import is_regressor
from sklearn.metrics import check_scoring

from job.results.runs import Run
from job.results.table import Table
from job.sklearn.remote import declared, places, refitted, rows
from job.sklearn.remote.answers import Answers
from job.sklearn.remote.arrived import MODULE
from job.sklearn.remote.backend import Asked, Elsewhere
from job.sklearn.remote.parcel import Parcel
from job.sklearn.remote.places import Place


def fit(search: Any, whole: Callable[..., Any], X: Any, y: Any, params: Mapping[str, Any], *, shows: bool) -> None:
    """Fit a search of scikit-learn's whose fits are trained elsewhere.

    Args:
        search: one of ours, with ``backend``, ``store``, ``overlay`` and ``workers``.
        whole: scikit-learn's own ``fit`` of it.
        X: n rows.
        y: their targets.
        params: for the estimator's ``fit`` and the splitter.
        shows: whether the run is shown while it goes on.

    Raises:
        ValueError: something can't travel, or there is no such place; says what to do.
        TunejobError: its store is out of reach, or the run did not end well.
    """
    declared.check(search.estimator, y)
    place = places.of(search.backend, search.store, search.overlay, search.workers, shows=shows)
    sent = _Sent(search, search.estimator, place)
    search.estimator = _refitted_by(search.estimator, sent)
    with joblib.parallel_config(backend=Elsewhere(sent.answers)):
        whole(X, y, **params)
    search.run_ = sent.name
    if search.scoring is None and hasattr(search, "scorer_"):  # else it holds what stood for the estimator
        search.scorer_ = check_scoring(sent.estimator)
    if hasattr(search, "best_estimator_"):
        search.best_estimator_ = found = search.best_estimator_.refitted_
        if hasattr(found, "feature_names_in_"):  # which scikit-learn asks of what it refitted itself
            search.feature_names_in_ = found.feature_names_in_


@dataclass(eq=False)
class _Sent:
    """One search on its way: each of scikit-learn's rounds of fits is a run, of which halving searches make several.

    Attributes:
        search: scikit-learn's.
        estimator: whose fits travel.
        place: where they go.
        asked: the fits of the last round.
        run: its run.
        parcel: what was sent with it.
    """

    search: Any
    estimator: Any
    place: Place
    asked: list[Asked] = field(default_factory=list)
    run: Run | None = None
    parcel: Parcel = field(default_factory=Parcel)

    @property
    def name(self) -> str:
        """The last run's, as ``tunejob status`` takes it."""
        return "" if self.run is None else f"{self.run.keys.study}/{self.run.keys.run}"

    def answers(self, asked: Sequence[Asked]) -> list[dict[str, Any]]:
        """Has the fits of one round trained; returns what scikit-learn's own function would return of each."""
        self.asked = list(asked)
        wanted = declared.scorers(self.search, asked[0]["y"], weighed=declared.is_weighed(asked[0]))
        names, table = self._ran(asked, wanted, partial(declared.refit, self.search))
        return list(Answers(table, names, self.search).of(asked))

    def refitted(self, standing: Any) -> Any:
        """The best estimator as a run trained it on all rows: the search's own, or where that has none one more.

        Args:
            standing: the estimator with the best params, as scikit-learn would fit it.
        """
        table = None if self.run is None else self.run.table()
        best = None if table is None or table.study.refit is False else table.best
        if table is None or best is None or best.number != self.search.best_index_:
            first = [one for one in self.asked if one["candidate_progress"][0] == 0]
            again = [{**one, "parameters": dict(self.search.best_params_)} for one in first]
            some = {"score": "neg_mean_squared_error"} if is_regressor(standing) else {}
            self._ran(
                again, some, lambda _: True
            )  # by a scorer that is a number on any fold, as the search's may not be
        assert self.run is not None  # noqa: S101  # it ran above
        return refitted.of(self.run, self.parcel.archives, standing, self.asked[0]["y"])

    def _ran(
        self, asked: Sequence[Asked], wanted: Mapping[str, Any], refit: Callable[[Mapping[str, str]], bool | str]
    ) -> tuple[Mapping[str, str], Table]:
        """Has fits trained; returns the study's scorers by their names in the search, and the run's table."""
        error_score = self.search.error_score
        parcel = self.parcel = Parcel(score_instead=None if error_score == "raise" else float(error_score))
        study, store, first = declared.name(self.search), self.place.store, asked[0]
        weighed = declared.is_weighed(first)
        names = {name: parcel.scorer(one, weighed=weighed) for name, one in wanted.items()}
        kept = rows.of(first["X"], first["y"], declared.weights(first), store, study)
        fields = declared.fields(self.estimator, asked, self.search, parcel)
        folds = {one["split_progress"][0]: (one["train"], one["test"]) for one in asked}
        places = {
            "rows": kept.put(store),
            "folds": rows.of_folds(list(folds.values()), len(first["y"]), study).put(store),
        }
        files = parcel.files(self.estimator, places, lambda found: rows.of_estimator(found, study).put(store))
        fields |= {
            "name": study,
            "data": kept.data,
            "scoring": list(dict.fromkeys(names.values())),
            "refit": refit(names),
            "files": sorted(one for one in files if one != f"{MODULE}.py"),
            "store": store.url,
        }
        self.run = self.place.run({key: value for key, value in fields.items() if value != []}, files)
        return names, self.run.table()


def _refitted_by(estimator: Any, sent: _Sent) -> Any:
    """The same estimator, whose ``fit`` takes what a run refitted: scikit-learn calls it for the best candidate."""

    class Refitted(type(estimator)):  # type: ignore[misc]
        @wraps(type(estimator).fit)  # scikit-learn reads there whether it takes weights
        def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
            """Takes what was trained elsewhere."""
            del X, y, params
            self.refitted_ = sent.refitted(self)
            return self

    Refitted.__name__ = Refitted.__qualname__ = type(estimator).__name__
    found = object.__new__(Refitted)
    found.__dict__.update(estimator.__dict__)
    return found
