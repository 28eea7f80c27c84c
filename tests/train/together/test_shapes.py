"""What is found out about a shape once: who is told, who listens, and what training together saves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import pytest
from keras import layers as L  # noqa: N812
from train.cases import Case
from train.together import against

from job.train import spent
from job.train.fits import Trained
from job.train.groups import Group, Ruling
from job.train.refusals import ByFit, OfShape
from job.train.together import engine, shapes
from job.train.together.study_cache import StudyCache


@dataclass
class Kept:
    """Rulings of a run of one worker."""

    told: dict[str, Ruling] = field(default_factory=dict)
    weighed: list[tuple[str, float, float]] = field(default_factory=list)

    def of(self, shape: str) -> Ruling | None:
        """What was told."""
        return self.told.get(shape)

    def tell(self, shape: str, ruling: Ruling) -> None:
        """Keeps it."""
        self.told.setdefault(shape, ruling)

    def weigh(self, shape: str, costs: float, saves: float) -> None:
        """Keeps what is weighed."""
        self.weighed.append((shape, costs, saves))


def build(units: int = 4, rate: float = 0.1) -> Any:
    """A layer and its head."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(units), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return model


def group(case: Case, **params: Any) -> Group:
    """Both folds of one trial."""
    (found,) = case.trainer.groups(against.requests(case, [params]))
    return found


def fresh() -> tuple[Group, StudyCache]:
    """A group, and a worker that has traced nothing."""
    case = against.case(build, epochs=1)
    cache, asked = StudyCache(build, case.material), against.requests(case, [{}])
    return Group(tuple(asked), tuple(map(cache.blueprint, asked))), cache


def refusing(kind: type[ByFit]) -> Callable[..., Any]:
    """An engine that refuses."""

    def train(*_: Any) -> Any:
        raise kind("it is so")

    return train


def test_a_shape_has_one_name_in_all_workers() -> None:
    """Whatever numbers its fits have and whoever builds them; of other widths and batches it is another shape."""
    case, other = against.case(build), against.case(build)
    name = shapes.of(group(case, units=4, rate=0.1))
    assert shapes.of(group(other, units=4, rate=0.7)) == name
    assert shapes.of(group(case, units=5, rate=0.1)) != name
    assert shapes.of(group(against.case(build, batch_size=8), units=4, rate=0.1)) != name


def test_what_a_group_saves_is_keras_s_work_of_its_steps() -> None:
    """A millisecond each: 40 and 43 rows are three steps of 16 and less, in five epochs."""
    case = against.case(build, epochs=5)
    assert shapes.saved(Group(tuple(against.requests(case, [{}])))) == pytest.approx(5 * (3 + 3) * 1e-3)


def test_who_trains_tells_what_it_cost() -> None:
    """Half of the seconds that tracing took, beside what was saved; and nothing was ruled."""
    rulings, (of, cache) = Kept(), fresh()
    with spent.counted() as taken:
        found = shapes.train(of, cache, rulings)
    assert all(isinstance(one, Trained) and one.failure is None for one in found)
    assert len(found) == 2
    assert taken["tracing"] > 0
    ((shape, costs, saves),) = rulings.weighed
    assert shape == shapes.of(of)
    assert costs == pytest.approx(taken["tracing"] / 2)
    assert saves == pytest.approx(2 * 3 * 1e-3)
    assert rulings.told == {}


def test_a_shape_that_was_ruled_out_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sentence is the ruling's."""
    rulings, (of, cache) = Kept(), fresh()
    rulings.tell(shapes.of(of), Ruling("too wide"))
    monkeypatch.setattr(engine, "train", refusing(AssertionError))  # type: ignore[arg-type]
    with pytest.raises(OfShape, match=r"^too wide$"):
        shapes.train(of, cache, rulings)


def test_a_shape_whose_tracing_does_not_pay_is_trained_by_who_has_traced_it() -> None:
    """And by nobody else."""
    rulings, (of, cache) = Kept(), fresh()
    shapes.train(of, cache, rulings)
    rulings.tell(shapes.of(of), Ruling("it does not pay", tracing=True))
    assert len(shapes.train(of, cache, rulings)) == 2
    with pytest.raises(OfShape, match="it does not pay"):
        shapes.train(*fresh(), rulings)


@pytest.mark.parametrize(("kind", "told"), [(OfShape, ["it is so"]), (ByFit, [])])
def test_only_what_is_so_of_a_shape_is_told(
    monkeypatch: pytest.MonkeyPatch, kind: type[ByFit], told: list[str]
) -> None:
    """Other reasons are these fits' own; either way nothing is weighed, and whoever asked hears it."""
    rulings, (of, cache) = Kept(), fresh()
    monkeypatch.setattr(engine, "train", refusing(kind))
    with pytest.raises(kind, match="it is so"):
        shapes.train(of, cache, rulings)
    assert [one.why for one in rulings.told.values()] == told
    assert not any(one.tracing for one in rulings.told.values())
    assert rulings.weighed == []
