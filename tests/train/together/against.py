"""Groups of fits beside plain Keras: the same history and predictions, by a way of training together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from train import plain
from train.cases import Case

from job.data.rows import Fold
from job.train import fit_rows
from job.train.fits import FitRequest, Trained
from job.train.together.program.xla import Policy
from job.train.trainer import Trainer

rng = np.random.default_rng(11)
X = rng.normal(size=(63, 12)).astype("float32")
Y = (X[:, 0] - X[:, 3] + 0.4 * rng.normal(size=63) > 0).astype(int)
FOLDS = (Fold(np.arange(40), np.arange(40, 63)), Fold(np.arange(20, 63), np.arange(20)))
"""Of unequal sizes: 40 and 43 rows to train on, last batches of 8 and of 11."""

SETTINGS = {"epochs": 3, "batch_size": 16}


def case(build: Callable[..., Any], X: Any = X, Y: Any = Y, *, sample_weight: Any = None, **settings: Any) -> Case:
    """A study of one model."""
    return Case(build, X, Y, sample_weight=sample_weight, settings={"fit": SETTINGS | settings})


def requests(of: Case, params: Sequence[Mapping[str, Any]], folds: Sequence[Fold] = FOLDS) -> list[FitRequest]:
    """Every fold of some params."""
    return [of.request(one, fold, number) for number, one in enumerate(params) for fold in folds]


def trained(of: Case, asked: Sequence[FitRequest]) -> list[Trained]:
    """The fits of a shard, as a worker trains them."""
    found = [one for group in of.trainer.groups(asked) for one in of.trainer.train(group)]
    order = {request.identity: place for place, request in enumerate(asked)}
    return sorted(found, key=lambda one: order[one.request.identity])


def under(policy: Policy, of: Case, asked: Sequence[FitRequest]) -> list[Trained]:
    """The fits by ways that a policy allows."""
    trainer = Trainer(of.build, of.material, policy)
    return [one for group in list(trainer.groups(asked)) for one in trainer.train(group)]


def reference(of: Case, request: FitRequest, **more: Any) -> tuple[Mapping[str, list[float]], Any]:
    """History and predictions of plain Keras."""
    y = of.rows.encoded
    weight = of.rows.sample_weight
    if len(request.validation):
        given = () if weight is None else (weight[request.validation],)
        more["validation_data"] = (_take(of.X, request.validation), y[request.validation], *given)
    model, history = plain.fit(
        of.build, request.build, _take(of.X, request.train), y[request.train], request.seed,
        batch_size=request.settings.batch_size, epochs=request.settings.epochs,
        weights=fit_rows.weights(request, of.material), **more,
    )  # fmt: skip
    with plain.by_hand():
        return history, model.predict(_take(of.X, request.test), verbose=0)


def _take(x: Any, rows: Any) -> Any:
    return keras.tree.map_structure(lambda one: one[rows], x)


def _each(history: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Metrics of several values as one for each."""
    for name, values in history.items():
        whole = np.asarray(values)
        columns = whole.reshape(len(whole), -1).T
        yield from [(name, whole)] if whole.ndim == 1 else ((f"{name}[{at}]", one) for at, one in enumerate(columns))


def assert_equal(
    found: Trained, history: Mapping[str, Sequence[float]], predictions: Any, within: float = 1e-4
) -> None:
    """The same metrics in every epoch, and the same predictions."""
    assert found.failure is None
    expected = dict(_each(history))
    assert set(found.history) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found.history[name], values, atol=within, rtol=within, err_msg=name)
    for mine, its in zip(keras.tree.flatten(found.test_outputs), keras.tree.flatten(predictions), strict=True):
        np.testing.assert_allclose(mine, its, atol=within, rtol=within)


def assert_as_keras(
    of: Case,
    params: Sequence[Mapping[str, Any]],
    *,
    by: str | None = None,
    within: float = 1e-4,
    groups: int | None = None,
) -> list[Trained]:
    """All fits go together and the first and last are those of plain Keras.

    Args:
        of: the study.
        params: of its trials.
        by: the way they are expected to go; any but ``fit`` when None.
        within: how near.
        groups: how many groups are expected, or None.
    """
    asked = requests(of, params)
    if groups is not None:
        assert len(list(of.trainer.groups(asked))) == groups
    found = trained(of, asked)
    for one in found:
        assert one.way == by if by else one.way != "fit", one.why
    for one in (found[0], found[-1]):
        assert_equal(one, *reference(of, one.request), within)
    return found
