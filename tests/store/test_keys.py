"""Names in the store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.errors import UsageError
from job.store import keys
from job.store.keys import RunKeys, checked

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)


def test_the_layout_is_the_documented_one() -> None:
    """Each name lies where the design says."""
    run = RunKeys("breast-cancer", "breast-cancer-0123456789")
    root = "breast-cancer/runs/breast-cancer-0123456789"
    assert run.study_yaml == f"{root}/study.yaml"
    assert run.prepare == f"{root}/prepare.json"
    assert run.plan == f"{root}/plan.json"
    assert run.shard(17) == f"{root}/shards/00017.json"
    assert run.result(17, "a1b2") == f"{run.results_of(17)}/a1b2.jsonl" == f"{root}/results/00017/a1b2.jsonl"
    assert run.report_html == f"{root}/report.html"
    assert run.report_md == f"{root}/report.md"
    assert run.cv_results == f"{root}/cv_results.csv"
    assert run.best == f"{root}/best.json"
    assert run.model == f"{root}/model.keras"
    assert keys.champion("breast-cancer") == "breast-cancer/champion.json"
    assert keys.runs_prefix("breast-cancer") == "breast-cancer/runs"
    assert keys.prepared("breast-cancer", "n0", "folds.npz") == "breast-cancer/prepared/n0/folds.npz"


@given(study=NAMES, shard=st.integers(0, 99_999), group=st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True))
def test_all_keys_of_a_run_are_good_and_apart(study: str, shard: int, group: str) -> None:
    """Any allowed names give keys that every store takes, all different, under the run's prefix, shard readable."""
    run = RunKeys(study, f"{study}-0123456789")
    all_keys = [
        run.study_yaml, run.prepare, run.plan, run.folds, run.shard(shard), run.result(shard, group),
        run.attempt(shard, group), run.state(shard, group), run.attempt_shards(shard), run.report_html, run.report_md,
        run.cv_results, run.best, run.model, run.refit, run.status, run.shape(group),
    ]  # fmt: skip
    assert len(set(all_keys)) == len(all_keys)
    assert all(checked(key) == key and key.startswith(f"{run.prefix}/") for key in all_keys)
    assert keys.shard_of(run.result(shard, group)) == keys.shard_of(run.attempt(shard, group)) == shard


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "a\nb", "a\\b", "a#1", "a" * 901, "ü" * 451]
)
def test_a_bad_key_is_refused(key: str) -> None:
    """What some store would refuse, or read as something else, is refused by all."""
    with pytest.raises(UsageError, match="can't be a key"):
        checked(key)


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a/b", "..", "a" * 41, "ä"])
def test_a_bad_study_name_is_refused(name: str) -> None:
    """A study's name must do for keys and for Kubernetes."""
    with pytest.raises(UsageError, match=r"can't be a study's name.*'breast-cancer'"):
        RunKeys(name, "run-0")


@pytest.mark.parametrize(
    "make",
    [
        lambda run: run.shard(100_000),
        lambda run: run.shard(-1),
        lambda run: run.result(0, "../../x"),
        lambda run: run.attempt(0, "a/b"),
        lambda _: RunKeys("a", "B"),
        lambda _: keys.prepared("a", "n", "../x"),
    ],
)
def test_a_part_of_a_key_can_not_lead_elsewhere(make: object) -> None:
    """Numbers out of range, and words with slashes in them, make no key."""
    with pytest.raises(UsageError, match="can't be"):
        make(RunKeys("study", "run-0"))
