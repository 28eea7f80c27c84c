"""From a study and its facts to the plan."""

import made_plan
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from job.plan import planning
from job.plan.plan import FitTime
from job.study.study import Cluster, FitSettings, Limits, Search

spaces = st.lists(
    st.fixed_dictionaries(
        {"units": st.lists(st.integers(1, 64), min_size=1, max_size=4), "rate": st.just([0.1, 0.2, 0.3])}
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=50)
@given(spaces, st.integers(1, 20))
def test_every_trial_lies_in_one_shard(space: list, workers: int) -> None:
    """All trials once, duplicates with their twins, no shard empty, as many shards as the plan says."""
    study, facts = made_plan.study(space=tuple(space)), made_plan.facts()
    plan = planning.make(study, facts, workers)
    shards = list(planning.shards(study, plan))
    numbers = [trial.number for shard in shards for trial in shard.trials]
    home = {trial.number: shard.index for shard in shards for trial in shard.trials}
    assert sorted(numbers) == list(range(plan.trials))
    assert [shard.index for shard in shards] == list(range(plan.shards)) == list(range(len(plan.costs)))
    assert all(home[trial.twin] == shard.index for shard in shards for trial in shard.trials if trial.twin is not None)
    assert plan.shards >= min(workers, plan.trials - plan.duplicates)
    assert plan.fits == (plan.trials - plan.duplicates) * 3


def test_planning_again_gives_the_same_shards() -> None:
    """The same study, facts and workers give the same plan, trial by trial."""
    study = made_plan.study(search=Search(kind="random", trials=30), space=({"units": {"randint": [1, 99]}},))
    plans = [planning.make(study, made_plan.facts(), 3) for _ in range(2)]
    assert plans[0].model_copy(update={"created": ""}) == plans[1].model_copy(update={"created": ""})
    assert list(planning.shards(study, plans[0])) == list(planning.shards(study, plans[1]))


@pytest.mark.parametrize(
    "changed",
    [
        {"store": "s3://bucket/elsewhere"},
        {"cluster": Cluster(parallelism=64, image="trainer:2")},
        {"limits": Limits(run=3600, fits=900)},
    ],
)
def test_the_store_the_cluster_and_a_runs_limits_change_no_name(changed: dict) -> None:
    """What decides no score leaves the run as it is, so that it can be resumed elsewhere or for longer."""
    ours, other = made_plan.study(), made_plan.study(**changed)
    assert planning.run_name(other, made_plan.facts()) == planning.run_name(ours, made_plan.facts())


def test_workers_machine_and_patches_change_no_name() -> None:
    """Another number of workers, another device, a patch release, a timed fit: the same run."""
    other = made_plan.facts(
        device="GPU: another",
        import_seconds=9.0,
        fit_time=FitTime(seconds=1, params={"units": 8}),
        versions={"tensorflow": "2.21.7", "keras": "3.15.0", "scikit-learn": "1.9.3", "numpy": "9"},
        packages={},
    )
    plan = planning.make(made_plan.study(), made_plan.facts(), 2)
    again = planning.make(made_plan.study(), other, 9)
    assert again.run == plan.run == f"flowers-{plan.digest[:10]}"
    assert planning.differences(plan, again) == []


@pytest.mark.parametrize(
    ("study", "facts", "sentence"),
    [
        ({"seed": 1}, {}, "seed was 0, is 1"),
        ({"space": ({"units": [8], "batch_size": [16]},)}, {}, "space.units was [8, 16, 32], is [8]"),
        ({"fit": FitSettings(epochs=7)}, {}, "fit.epochs was 1, is 7"),
        ({"limits": Limits(fit=60)}, {}, 'limits.fit is new: "1m"'),
        ({"scoring": ("f1",)}, {}, 'scoring was [], is "f1"'),
        ({}, {"fingerprint": "another one"}, "the data differs (its fingerprint was data, is another one)"),
        ({}, {"code_digest": "new"}, "the code beside the study differs (its digest was code, is new)"),
        ({}, {"folds_digest": "new"}, "the folds' rows differ (their digest was folds, is new)"),
        ({}, {"task": "multiclass"}, "the task was binary, is multiclass"),
        ({}, {"versions": {"tensorflow": "2.22.0"}}, "tensorflow was 2.21, is 2.22"),
        ({}, {"trains_by": {"inhouse": "1.0.1"}}, "package inhouse is new: 1.0.1"),
        ({}, {"scores_by": {"numpy": "2.1.3"}}, "package numpy is new: 2.1"),
    ],
)
def test_whatever_decides_scores_makes_another_run(study: dict, facts: dict, sentence: str) -> None:
    """Study, data, folds, code, task and minor versions; a sentence tells which."""
    before = planning.make(made_plan.study(), made_plan.facts(), 2)
    after = planning.make(made_plan.study(**study), made_plan.facts(**facts), 2)
    assert after.run != before.run
    assert sentence in planning.differences(before, after)


def test_a_long_value_is_told_by_its_digest() -> None:
    """A space of a thousand values does not fill the plan, and a change in it is still seen."""
    plans = [
        planning.make(made_plan.study(space=({"units": [*range(1000), last]},)), made_plan.facts(), 2)
        for last in (1001, 1002)
    ]
    told = planning.differences(*plans)
    assert len(told) == 1
    assert len(told[0]) < 300


def test_dear_starts_make_fewer_shards() -> None:
    """A timed fit shows that starting pods would take most of the time: fewer shards, never fewer than workers."""
    fit_time = FitTime(seconds=0.1, params={"units": 8, "batch_size": 16, "learning_rate": 0.1})
    cheap = made_plan.facts(fit_time=fit_time)
    dear = made_plan.facts(fit_time=fit_time, import_seconds=20.0)
    assert planning.make(made_plan.study(), cheap, 2).shards == 8
    assert planning.make(made_plan.study(), dear, 2).shards == 2
