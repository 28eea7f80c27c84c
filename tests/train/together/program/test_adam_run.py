"""Fits under way in the optimizer's kernel: what goes in comes out, however many epochs are made at once."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train.together.prepared import Prepared, fitted, values

from job.data.rows import Fold
from job.train.together.program import adam_run, batches
from job.train.together.program.adam_run import AdamRun

ORDERS = [[np.random.default_rng((epoch, fit)).permutation(40) for fit in range(2)] for epoch in range(3)]


def build(rate: float, optimizer: Callable[..., Any] = keras.optimizers.Adam) -> Any:
    """With weights, statistics, masks and a metric."""
    parts = [L.Dense(4, "tanh"), L.BatchNormalization(), L.Dropout(0.2), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(optimizer(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def given() -> Prepared:
    """Two fits of unlike rates."""
    return Prepared(build, [{"rate": 0.01}, {"rate": 0.03}])


def made(run: AdamRun, given: Prepared, epochs: range) -> list[Any]:
    """Makes some epochs at once; what the metrics tell of each."""
    _, _, _, metrics = given.program.variables.parted(given.state)
    parts = [list(batches.segments(ORDERS[epoch], 16)) for epoch in epochs]
    return [[np.asarray(one) for one in told] for told in run.epochs(parts, metrics, given.numbers, given.classes)]


def test_what_goes_in_comes_out(given: Prepared) -> None:
    """The whole state, in its order; of the fit at the largest rate to the last bit, as its weights are not divided."""
    found = AdamRun(given.program.kernel, given.state).state()
    for mine, its, variable in zip(found, given.state, given.program.variables.all, strict=True):
        assert (mine.dtype, mine.shape) == (its.dtype, its.shape), variable.path
        np.testing.assert_array_equal(mine[1], its[1], err_msg=variable.path)
        np.testing.assert_allclose(mine[0], its[0], rtol=1e-6, err_msg=variable.path)


def test_epochs_at_once_are_epochs_one_by_one(given: Prepared) -> None:
    """To the last bit, metrics and state; and each made three steps."""
    kernel = given.program.kernel
    once = AdamRun(kernel, given.state)
    told, state = made(once, given, range(3)), once.state()
    each = AdamRun(kernel, given.state)
    apart = [one for epoch in range(3) for one in made(each, given, range(epoch, epoch + 1))]
    np.testing.assert_array_equal(np.array(told), np.array(apart))
    for mine, its in zip(state, each.state(), strict=True):
        np.testing.assert_array_equal(mine, its)
    steps = kernel.variables.parted(state)[2][kernel.places.steps]
    assert np.asarray(steps).tolist() == [9, 9]


def test_a_run_goes_on_from_the_state_of_another(given: Prepared) -> None:
    """As plain Keras steps on: the count of steps and the moments are part of it."""
    kernel = given.program.kernel
    first = AdamRun(kernel, given.state)
    made(first, given, range(2))
    second = AdamRun(kernel, first.state())
    told, state = made(second, given, range(2, 3))[0], second.state()
    for fit in range(2):
        model = given.plain(fit)
        for order in ORDERS:
            log = fitted(model, order[fit])
        names = given.program.results.names
        assert [one[fit] for one in told] == pytest.approx([log[name] for name in names], rel=1e-4)
        for stacked, its in zip(state, values(model), strict=False):
            np.testing.assert_allclose(stacked[fit], its, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("rates", "sizes", "suits"),
    [
        ((0.01, 0.03), (33, 40), True),
        ((0.01, 0.03), (32, 33), False),
        ((0.0, 0.03), (40, 40), False),
        ((0.01, 0.0), (40, 40), False),
        ((0.0, 0.0), (40, 40), False),
        ((1e-14, 1.0), (40, 40), False),
        ((1e-10, 1.0), (40, 40), True),
    ],
    ids=["three steps", "two and three", "no rate", "no other rate", "no rate at all", "worlds apart", "far apart"],
)
def test_fits_are_stepped_so_that_make_as_many_steps_at_rates_to_divide_by(
    given: Prepared,
    rates: tuple[float, ...],
    sizes: tuple[int, ...],
    suits: bool,  # noqa: FBT001
) -> None:
    """Batches of 16: 33 rows and 40 are three of them each, 32 are two."""
    kernel = given.program.kernel
    folds = [Fold(np.arange(size), np.arange(50, 63)) for size in sizes]
    asked = [given.case.request({"rate": rate}, fold) for rate, fold in zip(rates, folds, strict=True)]
    state, place = given.state, len(kernel.variables.model) + kernel.places.rate
    state[place] = np.array(rates, np.float32)
    assert adam_run.suits(kernel, asked, state) is suits


def test_another_optimizer_is_not_stepped_so() -> None:
    """Whatever its fits' steps and rates."""
    given = Prepared(lambda rate: build(rate, keras.optimizers.SGD), [{"rate": 0.01}])
    assert not adam_run.suits(given.program.kernel, given.requests, given.state)
