"""Expected cost of a trial."""

import made_plan
import pytest

from job.plan import cost
from job.plan.plan import FitTime
from job.study.study import FitSettings

BASE = {"units": 32, "batch_size": 32, "epochs": 10, "learning_rate": 0.1}


@pytest.mark.parametrize(
    "dearer", [{"units": 512}, {"batch_size": 8}, {"epochs": 20}, {"layers": 8}, {"hidden": [512, 512]}]
)
def test_wider_deeper_longer_and_smaller_batches_cost_more(dearer: dict) -> None:
    """What makes training longer raises the expected cost."""
    cost_of = cost.of_trial(made_plan.study(), made_plan.facts())
    assert cost_of({**BASE, **dearer}) > cost_of(BASE)


def test_a_learning_rate_costs_nothing() -> None:
    """Floats decide no cost."""
    cost_of = cost.of_trial(made_plan.study(), made_plan.facts())
    assert cost_of({**BASE, "learning_rate": 0.001}) == cost_of(BASE)


def test_the_studys_own_settings_count_where_the_trial_has_none() -> None:
    """Epochs and batch size come from ``fit`` unless the space varies them."""
    study = made_plan.study(fit=FitSettings(epochs=10, batch_size=32))
    left_out = {name: value for name, value in BASE.items() if name in ("units", "learning_rate")}
    assert cost.of_trial(study, made_plan.facts())(left_out) == cost.of_trial(study, made_plan.facts())(BASE)


def test_rows_and_folds_count() -> None:
    """Twice the folds cost twice as much, and more rows cost more."""
    few = cost.of_trial(made_plan.study(), made_plan.facts(folds=3))(BASE)
    assert cost.of_trial(made_plan.study(), made_plan.facts(folds=3, rows=3000))(BASE) > 2 * few
    doubled = made_plan.facts(fold_sizes=made_plan.facts().fold_sizes * 2)
    assert cost.of_trial(made_plan.study(), doubled)(BASE) == pytest.approx(2 * few)


@pytest.mark.parametrize(
    "odd", [{"units": "many"}, {"epochs": 0}, {"batch_size": None}, {"layers": -3}, {"units": True}]
)
def test_params_that_tell_nothing_are_passed_over(odd: dict) -> None:
    """Whatever a param's value, there is a positive cost: what the value is worth is told when it is built."""
    assert cost.of_trial(made_plan.study(), made_plan.facts())({**BASE, **odd}) > 0


def test_a_timed_fit_turns_cost_into_seconds() -> None:
    """Trials that cost as much as six of the timed fit take six times as long; without one, nobody knows."""
    study = made_plan.study()
    facts = made_plan.facts(fit_time=FitTime(seconds=2.0, params=BASE))
    total = 2 * cost.of_trial(study, facts)(BASE)  # two trials of three folds
    assert cost.seconds(study, facts, total) == pytest.approx(12.0)
    assert cost.seconds(study, made_plan.facts(), total) is None
