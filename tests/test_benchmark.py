"""The benchmark measures what it says: samples, logs, arithmetic, tolerances, bars."""

import json
from collections import Counter

import keras
import numpy as np
import pytest

import benchmarks.kinds.__main__ as kinds
import benchmarks.search.__main__ as search
from benchmarks.together import arithmetic, document, growth, kept, ours, reference, row, sameness, table, workloads
from benchmarks.together.row import Row
from benchmarks.together.sameness import Difference
from benchmarks.together.timing import Timing
from job.train.order import epoch_order

TIMINGS = [
    Timing("keras", 30, 30, 30.0, 35.0),
    Timing("sklearn-1", 10, 30, 40.0, 45.0),
    Timing("sklearn-2", 10, 30, 36.0, 60.0),
    Timing("tunejob-1", 30, 30, 4.0, 12.0, more={"stepping": 2.0, "workers": 1, "tracing": 1.0, "compiling": 0.0}),
    Timing("tunejob-2", 30, 30, 3.0, 15.0, more={"stepping": 2.0, "workers": 2, "tracing": 2.0, "compiling": 0.3}),
]


def made(**changes):
    """A row as it might be measured."""
    values = {
        "workload": "w", "when": "2026-01-01T00:00:00+00:00", "bar": 12.0, "against": "sklearn", "peak_bar": None,
        "part": "third", "timings": TIMINGS, "flops": 1e9, "peak": 10e9, "load": (0.0, 0.0),
        "differences": [Difference("loss", 1e-5, 0.0)],
    }  # fmt: skip
    return Row(**values | changes)


@pytest.mark.parametrize("workload", workloads.ALL, ids=lambda one: one.name)
def test_a_ninth_is_at_least_a_ninth_and_meets_all_shapes_alike(workload):
    """Every fit that is sampled stands for as many others; a grid's sample has each width and batch equally often."""
    whole = workload.given()
    few = workload.sampled(whole, "ninth")
    assert workloads.fits(few) * 9 >= workloads.fits(whole)
    assert workloads.fits(workload.sampled(whole, "third")) * 3 >= workloads.fits(whole)
    if workload.name.startswith(("grid", "digits", "lstm")):
        shapes = [tuple(v for n, v in params.items() if n != "learning_rate") for params in few.trials.values()]
        assert len(set(Counter(shapes).values())) == 1
        everywhere = {tuple(v for n, v in params.items() if n != "learning_rate") for params in whole.trials.values()}
        assert set(shapes) == everywhere


def test_the_reference_visits_rows_in_the_public_order():
    """It computes the order by itself, and it is the one that training follows."""
    for seed, epoch in ((0, 0), (2**62 + 1, 7)):
        np.testing.assert_array_equal(reference.order(seed, epoch, 101), epoch_order(seed, epoch, 101))


@pytest.mark.parametrize(
    ("layers", "operations"),
    [
        # to the weights alone in the first layer, so 4 operations each; 6 in the second
        ([keras.Input((5,)), keras.layers.Dense(3), keras.layers.Dense(2)], 4 * 15 + 6 * 6),
        ([keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 3), keras.layers.Flatten()], 4 * 9 * 3 * 2 * 2),
        ([keras.Input((7, 2)), keras.layers.LSTM(3)], 4 * 7 * (2 * 12 + 3 * 12)),
    ],
)
def test_arithmetic_is_what_a_hand_counts(layers, operations):
    """Multiplications and additions of all products, biases left out."""
    assert arithmetic.per_row(keras.Sequential(layers)) == operations


def test_the_search_begins_when_all_workers_are_there_and_ends_with_the_last_score():
    """The first group of one worker before another is there does not count for the beginning."""

    def at(second, **more):
        return {"at": f"2026-01-01T00:00:{second:02d}.500+00:00", **more}

    logs = [
        [at(1, worker="imported"), at(3, fits=3, stepping_seconds=1.0), at(9, fits=3, stepping_seconds=0.5)],
        [at(2, worker="imported"), at(11, fits=3, tracing_seconds=2.0), at(12, worker="imported")],
    ]
    assert ours._search(logs) == 9.0
    assert ours._spent(logs) == {"tracing": 2.0, "compiling": 0.0, "stepping": 1.5, "proving": 0.0}


def test_differences_are_measured_in_what_keras_differs_from_itself():
    """Means over fits and over trials; where Keras never differs, the tolerance is all there is."""
    one = {"scores": [(0, 0, 0.5), (0, 1, 0.7)], "losses": [(0, 0, [1.0, 0.5]), (0, 1, [1.0, 0.7])]}
    other = {"scores": [(0, 0, 0.5), (0, 1, 0.7)], "losses": [(0, 0, [1.0, 0.5]), (0, 1, [1.0, 0.701])]}
    mine = {
        "scores": [(0, 0, 0.51), (0, 1, 0.69), (1, 0, 0.0)],
        "losses": [(0, 0, [1.0, 0.502]), (0, 1, [1.0, 0.7]), (1, 0, [9.0, 9.0])],
    }
    last, score = sameness.compared(mine, one, other)
    assert last.ours == pytest.approx(0.001)
    assert last.theirs == pytest.approx(0.0005)
    assert last.is_within
    assert score.ours == pytest.approx(0)
    assert not Difference("loss", 2e-4, 0.0).is_within
    assert Difference("loss", 2e-4, 1e-4).is_within


def test_best_is_compared_with_best():
    """Search alone and whole command each have their own best; seconds of scaled peers are marked."""
    found = made()
    assert found.ratio() == 12.0
    assert found.ratio("whole") == 45 / 12
    assert found.ratio(against="keras") == 10.0
    assert "| 30.0 | ~40.0 | ~36.0 | 4.0 | 3.0 | 12.0 × |" in table.search([found])  # noqa: RUF001
    assert list(table.sampling([found])) == ["w: peers marked ~ were timed on 10 of 30 fits, and scaled"]


def test_what_is_beyond_a_bar_is_told():
    """A ratio, a share of the peak (1e9 operations in one second of both workers, of 10e9), a difference."""
    assert made().failures == []
    assert made(bar=12.5).failures == ["w: 12.00 times faster than sklearn, and 12.5 is the bar"]
    assert made(peak_bar=0.3).failures == ["w: 10% of the peak, and 30% is the bar"]
    (told,) = made(differences=[Difference("score of a trial", 0.2, 0.01)]).failures
    assert told == "w: score of a trial differs by 0.2 from plain Keras's, whose own differ by 0.01"


def test_the_whole_command_is_held_to_one_import_and_the_search():
    """The run whose command was the shortest: 12 s, where 4 s of search, an import and 2.5 s are allowed."""
    assert made(bare=5.6, imports_once=True).failures == []
    assert made(bare=5.0).failures == []
    late = made(bare=5.0, imports_once=True)
    assert late.failures == [
        "w: the whole command takes 12.0 s, and one import of TensorFlow, the search and 2.5 s are 11.5"
    ]
    assert "| w | 1 | 12.0 | 5.0 | 4.0 | 11.5 | 45.0 |" in table.whole([late])
    assert made(bare=5.0, whole=4.0).failures == ["w: the whole command is 3.75 times as fast as sklearn's"]


@pytest.mark.parametrize("name", kinds.names())
def test_a_kind_of_model_can_be_given_to_scikit_learn(name):
    """Its study is without mistakes, and each trial's fit takes what the study's does."""
    given = workloads.Workload(str(workloads._HERE.parents[1] / "kinds" / name / f"{name}.yaml"), bar=None).given()
    assert len(given.folds) == 3
    assert len(given.trials) >= 4
    build, fit = given.parts(0)
    assert set(build) >= {"learning_rate"}
    assert ("callbacks" in fit) == ("validation_split" in fit) == (name == "columns")


def test_a_kind_on_which_tunejob_is_slower_by_more_than_a_twentieth_is_told():
    """Its search or its whole command, each by itself."""
    theirs = Timing("sklearn-2", 6, 18, 10.0, 20.0)

    def found(search, whole):
        mine = Timing("tunejob-2", 18, 18, search, whole, more={"ways": {"fit": 18}})
        return kinds.Kind("k", "2026-01-01T00:00:00+00:00", theirs, mine, 0.0)

    assert list(found(10.4, 20.9).failures) == []
    assert list(found(10.6, 21.1).failures) == [
        "k: the search alone takes 10.6 s, and scikit-learn's 10.0",
        "k: the whole command takes 21.1 s, and scikit-learn's 20.0",
    ]
    assert "| k | 18 | ~10.0 | 5.0 | 2.0 × | ~20.0 | 8.0 | 2.5 × | 18 fit |" in kinds.drawn([found(5.0, 8.0)])  # noqa: RUF001


def test_a_row_is_kept_as_it_is():
    """What is stored as JSON is read as it was."""
    assert row.Row.from_json(made().to_json()) == made()


def test_what_another_machine_measured_is_marked_until_it_is_measured_again(tmp_path, monkeypatch):
    """In the document beside the machine of the other rows; the growth too."""
    path, cores = tmp_path / "kept.json", [2]
    monkeypatch.setattr(kept, "described", lambda: {**described, "cores": cores[0]})
    described = {"processor": "P", "gigabytes": 1, "python": "3", "packages": {}}
    peers = TIMINGS[:3]
    kept.Kept.read(path).add([made(workload=name, timings=peers) for name in "ab"], [growth.Point(1, TIMINGS[0])])
    cores[0] = 8
    kept.Kept.read(path).add([made(workload="a", timings=peers)])
    assert kept.Kept.read(path).elsewhere == dict.fromkeys(("b", "growth"), "P, 2 cores, 1 GB")
    assert "P, 8 cores, 1 GB; Python 3" in document.measured(kept.Kept.read(path))
    assert "On P, 2 cores, 1 GB: b, growth." in document.measured(kept.Kept.read(path))
    kept.Kept.read(path).add([made(workload="b", timings=peers)], [])
    assert kept.Kept.read(path).elsewhere == {}


def test_a_search_is_held_to_its_bar_and_its_row_replaced(tmp_path, monkeypatch):
    """Speeds are to be at least their bar, all else at most; a row that is measured again is there once."""
    fast, slow = (search.Row("grid-5", value, 18, least=True, told={"ours": 2.0}) for value in (18.0, 17.9))
    assert fast.is_met
    assert not slow.is_met
    assert search.Row("memory", 1999.0, 2000, least=False).is_met
    assert not search.Row("one-fit", 1.06, 1.05, least=False).is_met
    monkeypatch.setattr(kept, "described", lambda: {"cores": 2})  # the peers need not be installed
    for one in (fast, search.Row("memory", 1999.0, 2000, least=False), slow):
        search.keep(one, tmp_path / "search.json")
    found = json.loads((tmp_path / "search.json").read_text())
    assert set(found["rows"]) == {"grid-5", "memory"}
    assert (found["rows"]["grid-5"]["value"], found["rows"]["grid-5"]["is_met"]) == (17.9, False)
    assert found["machine"] == {"cores": 2}
