"""Retunes with workers that are made up: the gate, and what is in use."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from plan import made_plan
from retune.made_retunes import champion, narrow, retuned, retuning, wide
from retune.made_workers import Watching, Workers

from job.controller import Control
from job.errors import DataError, Incomplete, UsageError
from job.plan import planning, stored
from job.plan.expansion import expand
from job.plan.plan import Facts
from job.results import runs
from job.results.line import FitFailure
from job.retune import champion as in_use
from job.retune import fetching
from job.retune.notes import Notes
from job.retune.rollback import rollback
from job.store import RunKeys, has, keys, open_store
from job.store.keys import prepared
from job.study.study import Retune


@pytest.fixture
def store():
    """An empty store."""
    return open_store(f"memory://{uuid4().hex}")


def test_the_first_sound_runs_best_is_put_in_use(store):
    """Told as such; its model is where no run's deletion reaches; how to use it lies beside."""
    record, _ = retuned(store, narrow)
    now = champion(store)
    assert record.verdict == "first"
    assert "nothing was in use" in record.why
    assert (now.serial, now.params["units"]) == (1, 8)
    assert store.read(now.model) == f"a model of {record.run}".encode()
    for run in runs.of_study(store, "flowers"):
        run.delete()
    assert has(store, now.model)
    assert has(store, keys.champion_usage("flowers", now.model_digest))


def test_nothing_is_trained_on_unchanged_data(store):
    """The second retune prepares, trains no fit, makes no run and changes nothing."""
    retuned(store, narrow)
    before = store.read(keys.champion("flowers"))
    record, workers = retuned(store, narrow)
    assert record.verdict == "unchanged"
    assert (workers.prepared, workers.trained, workers.refitted) == (1, 0, 0)
    assert len(runs.of_study(store, "flowers")) == 1
    assert store.read(keys.champion("flowers")) == before


def test_other_data_of_which_the_same_is_best_keeps_the_champion(store):
    """Told with the probability; the confirm run has 50 fits on 25 fresh folds, and names the search it belongs to."""
    retuned(store, narrow)
    record, workers = retuned(store, narrow, "data 2")
    assert record.verdict == "kept"
    assert "is required" in record.why
    assert workers.refitted == 0
    assert champion(store).serial == 1
    confirm = next(run for run in runs.of_study(store, "flowers") if run.keys.run == record.confirm)
    assert (confirm.plan.fits, confirm.plan.facts.confirms) == (50, record.run)
    assert len(record.evidence.champion) == 25
    assert runs.newest(store, "flowers").keys.run != record.confirm


def test_a_clearly_better_challenger_is_promoted(store):
    """Its params, its scores on fresh folds and its model are in use, and the decision is kept."""
    retuned(store, narrow)
    told = []
    workers = Workers(store, wide, data="data 2", rows=120)
    record = retuning(store, workers, told=told.append).run()
    now = champion(store)
    assert record.verdict == "promoted"
    assert (now.serial, now.previous, now.params["units"], workers.refitted) == (2, 1, 32, 1)
    assert now.scores["accuracy"] == pytest.approx(sum(record.evidence.challenger) / 25)
    assert store.read(now.model) == f"a model of {record.confirm}".encode()
    assert [one.verdict for one in in_use.history(store, "flowers")] == ["promoted", "first"]
    assert {one.what for one in record.changes} == {"X", "rows"}
    assert told == [record]


def test_the_champions_params_are_a_trial_after_the_searchs_own(store):
    """The search's candidates stay as they are; equal params are a twin that trains nothing."""
    retuned(store, narrow)
    record, _ = retuned(store, narrow, "data 2")
    (run,) = [one for one in runs.of_study(store, "flowers") if one.keys.run == record.run]
    own = expand(made_plan.study(), made_plan.facts())
    table = run.table()
    assert run.plan.trials == len(own) + 1
    assert [table.trials[number] for number in range(len(own))] == [
        own.trial(number).params for number in range(len(own))
    ]
    assert table.trials[len(own)] == champion(store).params
    assert run.plan.duplicates == 1


def test_a_margin_and_a_floor_keep_what_is_in_use(store):
    """A gain within the margin is none; what does not reach the floor is not used, the first neither."""
    record, _ = retuned(store, narrow, floor=0.9)
    assert (record.verdict, champion(store)) == ("kept", None)
    assert "below the floor of 0.9" in record.why
    retuned(store, narrow)
    assert retuned(store, wide, "data 2", margin=0.5)[0].verdict == "kept"
    record, _ = retuned(store, wide, "data 3", floor=0.99)
    assert record.verdict == "kept"
    assert "below the floor of 0.99" in record.why


def test_a_champion_that_stays_is_refreshed_where_asked(store):
    """The same params, trained again on the new data: another model is in use."""
    retuned(store, narrow)
    first = champion(store)
    record, workers = retuned(store, narrow, "data 2", refresh=True)
    now = champion(store)
    assert (record.verdict, workers.refitted) == ("refreshed", 1)
    assert now.params == first.params
    assert (now.data, now.serial) == ("data 2", 2)
    assert now.model_digest != first.model_digest


def test_an_estimators_champion_is_all_of_it(store, tmp_path):
    """Nested names are its own, so it is compared; its pipeline is kept beside its model, and both are fetched."""
    workers = [Workers(store, score, data=data, estimator=True) for score, data in ((narrow, "1"), (wide, "2"))]
    assert [retuning(store, one).run().verdict for one in workers] == ["first", "promoted"]
    now = champion(store)
    for run in runs.of_study(store, "flowers"):
        run.delete()
    names = [path.name for path in fetching.fetch(store, "flowers", tmp_path)]
    assert names == ["pipeline.skops", "model.keras", "README.md", "champion.json"]
    assert (tmp_path / "pipeline.skops").read_text() == f"what is around the model of {now.trained}"
    assert 'estimator = job.load(".")' in (tmp_path / "README.md").read_text()
    store.write(now.pipeline, b"another")
    with pytest.raises(DataError, match="is not the model that was put in use"):
        list(fetching.fetch(store, "flowers", tmp_path))


def test_a_champion_that_fails_is_told_and_kept(store):
    """Its fits raise on the new code: the gate keeps it, and says why."""
    retuned(store, narrow)

    def raising(params):
        if params["units"] == 8:
            raise ValueError("8 is too few")
        return wide(params)

    record, _ = retuned(store, raising, "data 2")
    assert record.verdict == "kept"
    assert "can't be trained any more" in record.why
    assert "8 is too few" in record.why
    assert champion(store).serial == 1


def test_a_champion_that_build_does_not_know_or_of_another_metric_is_told_and_kept(store):
    """The gate falls back to keeping it; the search runs without its trial."""
    retuned(store, narrow)
    now, version = in_use.read(store, "flowers")
    other = now.model_copy(update={"params": {**now.params, "depth": 3}})
    assert in_use.put(store, other, version)
    record, _ = retuned(store, wide, "data 2")
    assert record.verdict == "kept"
    assert "takes no depth" in record.why
    workers = Workers(store, wide, data="data 3", scoring="roc_auc")
    record = retuning(store, workers).run()
    assert record.verdict == "kept"
    assert "was chosen by accuracy, and the study is now judged by roc_auc" in record.why


def test_poisoned_data_is_told_and_changes_nothing(store):
    """Exit 65, a retune that failed in the history, the champion as it was; the next sound one goes on."""
    retuned(store, narrow)
    before = store.read(keys.champion("flowers"))
    one = retuning(store, Workers(store, narrow, data="data 2", poisoned=True))
    with pytest.raises(DataError, match="column 3"):
        one.run()
    assert store.read(keys.champion("flowers")) == before
    assert in_use.history(store, "flowers")[0].verdict == "failed"
    assert "the champion stays what it is (number 1)" in one.control.watcher.said[-1]
    assert retuned(store, narrow)[0].verdict == "unchanged"
    assert retuned(store, wide, "data 3")[0].verdict == "promoted"


def test_unchanged_data_of_a_champion_that_has_other_is_told_as_changed(store):
    """After other data kept the champion, the same data again differs from the champion's still."""
    retuned(store, narrow)
    for verdict in ("kept", "unchanged"):
        record = retuning(store, Workers(store, narrow, data="data 2", rows=160)).run()
        assert record.verdict == verdict
        assert {"what": "rows", "before": "100", "now": "160", "size": 0.6} in [
            one.model_dump() for one in record.changes
        ]


def test_folds_that_turn_out_to_be_the_searchs_own_are_refused(store, monkeypatch):
    """What no study shows is seen when they are made: the champion stays, and the retune failed."""
    retuned(store, narrow)
    real = made_plan.facts
    monkeypatch.setattr(made_plan, "facts", lambda **more: real(**{**more, "folds_digest": "the same"}))
    with pytest.raises(UsageError, match="the search's own folds again"):
        retuned(store, wide, "data 2")
    assert champion(store).serial == 1


def test_a_changed_gate_decides_anew_and_is_no_new_search(store):
    """Confidence is no part of a run's digest, but of what was decided."""
    study = made_plan.study()
    assert planning.run_name(study, made_plan.facts()) == planning.run_name(
        made_plan.study(retune=Retune(confidence=0.9)), made_plan.facts()
    )
    retuned(store, narrow)
    assert retuned(store, narrow, confidence=0.9)[0].verdict == "kept"
    assert RunKeys("flowers", "flowers-0").chosen.endswith("chosen.json")


def test_what_is_put_in_use_is_the_model_of_its_params(store):
    """The same confirm run under another gate: each time the model of the trial that is put in use is trained."""
    retuned(store, narrow)
    record, _ = retuned(store, wide, "data 2", refresh=True, margin=0.9)
    kept = champion(store)
    assert (record.verdict, kept.params["units"]) == ("refreshed", 8)
    assert store.read(kept.model) == f"a model of trial 0 of {record.confirm}".encode()
    again, workers = retuned(store, wide, "data 2", refresh=True)
    now = champion(store)
    assert (again.verdict, now.params["units"], again.confirm) == ("promoted", 32, record.confirm)
    assert store.read(now.model) == f"a model of {record.confirm}".encode()
    assert workers.refitted == 1


def test_another_trials_model_is_never_put_in_use(store):
    """Another controller had the other trial trained meanwhile: told, and the champion stays as it was."""
    retuned(store, narrow)
    before = store.read(keys.champion("flowers"))

    class Late(Workers):
        """Whose refit another's replaces."""

        def refit(self, found):
            super().refit(found)
            store.write(found.refit, b'{"trial": 0}')

    with pytest.raises(Incomplete, match="another process has just trained another trial"):
        retuning(store, Late(store, wide, data="data 2")).run()
    assert store.read(keys.champion("flowers")) == before


@pytest.mark.parametrize("mean", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_leaves_what_is_in_use_readable(store, mean):
    """One scorer of two is NaN on a fold: it is kept as none, and the next retune reads it."""

    class Two(Workers):
        """Of two scorers."""

        def prepare(self, study, nonce, *, measure):
            super().prepare(study, nonce, measure=measure)
            key = prepared(study.name, nonce, "prepare.json")
            facts = json.loads(store.read(key)) | {"scoring": ["accuracy", "roc_auc"]}
            store.write(key, json.dumps(facts).encode())

        def line(self, trial, fold):
            made = super().line(trial, fold)
            return made.model_copy(update={"scores": {**made.scores, "roc_auc": mean}})

    assert retuning(store, Two(store, narrow)).run().verdict == "first"
    assert champion(store).scores["roc_auc"] is None
    assert retuning(store, Two(store, wide, data="data 2")).run().verdict == "promoted"


def test_a_champion_that_is_refreshed_reaches_the_floor(store):
    """Poisoned labels: the old model stays rather than one trained on noise."""
    retuned(store, narrow)
    record, workers = retuned(store, lambda params: narrow(params) - 0.5, "data 2", refresh=True, floor=0.7)
    assert (record.verdict, workers.refitted, champion(store).serial) == ("kept", 0, 1)
    assert "the champion was not trained again on the new data: there its mean accuracy" in record.why
    assert "below the floor of 0.7" in record.why


def test_the_only_trial_is_trained_again_where_asked(store):
    """The plain weekly training: no challenger, and yet a model of the new data."""
    space = {"units": [8], "learning_rate": [0.1]}
    retuned(store, narrow, space=space)
    record, workers = retuned(store, narrow, "data 2", space=space, refresh=True)
    assert (record.verdict, workers.refitted) == ("refreshed", 1)
    assert "the search has no other params than the champion's" in record.why
    assert champion(store).data == "data 2"


def test_numbers_are_never_used_twice(store):
    """What was in use is deleted by hand: the next is no number that had another's params."""
    retuned(store, narrow)
    retuned(store, wide, "data 2")
    store.delete(keys.champion("flowers"))
    retuned(store, narrow, "data 3")
    now = champion(store)
    assert (now.serial, now.previous) == (3, None)
    with pytest.raises(UsageError, match="none to go back to"):
        rollback(store, "flowers")


def test_a_champion_that_cannot_be_read_says_what_to_do(store):
    """No run's deletion helps: the object and what to copy over it are named."""
    retuned(store, narrow)
    store.write(keys.champion("flowers"), b'{"format": 1}')
    heard = []
    again = retuning(store, Workers(store, narrow, data="data 2"), "tick", told=heard.append)
    with pytest.raises(DataError, match=r"flowers/champion\.json, which says what is in use, .*Copy the newest"):
        again.run()
    assert [one.verdict for one in heard] == ["failed"], "also of what can't be read is told"
    assert in_use.kept(store, "flowers", "tick").verdict == "failed"


def test_fresh_folds_on_which_both_fail_keep_the_champion(store):
    """Whatever kept both from being scored is told; the retune does not end as wrong data."""
    retuned(store, narrow)

    class Failing(Workers):
        """All fits on fresh folds fail."""

        def line(self, trial, fold):
            made = super().line(trial, fold)
            if self.prepared < 2:
                return made
            return made.model_copy(update={"scores": {}, "error": FitFailure(kind="killed", message="out of memory")})

    record = retuning(store, Failing(store, wide, data="data 2")).run()
    assert record.verdict == "kept"
    assert "25 of the champion's 25 fits on fresh folds failed" in record.why


class Unlucky(Workers):
    """Fits of a run for which ``fails(trial, fold)`` is true, of the search or on fresh folds, have one failure."""

    def __init__(self, *arguments, fails, fresh=False, kind="killed", **named):
        super().__init__(*arguments, **named)
        self.fails, self.fresh, self.kind = fails, fresh, kind

    def line(self, trial, fold):
        made = super().line(trial, fold)
        if self.fresh != (self.prepared > 1) or not self.fails(trial, fold):
            return made
        return made.model_copy(update={"scores": {}, "error": FitFailure(kind=self.kind, message="gone")})


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("kind", ["killed", "limit", "ResourceExhaustedError"])
def test_a_comparison_that_failed_by_chance_is_made_by_the_next_retune(store, fresh, kind):
    """One fit of the champion was lost, on fresh folds or in the search: kept, and the next trains that run anew."""
    retuned(store, narrow)
    own = champion(store).params
    workers = Unlucky(
        store, wide, data="data 2", fresh=fresh, kind=kind, fails=lambda trial, fold: not fold and trial.params == own
    )
    record = retuning(store, workers).run()
    assert (record.verdict, record.base) == ("kept", "")
    assert "the next retune trains again what failed" in record.why
    again, _ = retuned(store, wide, "data 2")
    assert again.verdict == "promoted"
    assert again.confirm != record.confirm
    assert (again.run == record.run) == fresh
    assert retuned(store, wide, "data 2")[0].verdict == "unchanged"


@pytest.mark.parametrize(
    ("fails", "section"), [(lambda *_: True, {}), (lambda *one: one[1] == 0, {"error_score": "raise"})]
)
def test_a_first_run_that_was_lost_by_chance_is_run_again(store, fails, section):
    """Its fits were killed: no study is wrong for that, and the next retune's best is put in use."""
    with pytest.raises(DataError, match="fit"):
        retuning(store, Unlucky(store, narrow, fails=fails), **section).run()
    assert retuned(store, narrow, **section)[0].verdict == "first"


def test_what_did_not_fail_is_not_trained_again(store, monkeypatch):
    """The run that compares anew takes over all fits of the one before but those that were lost."""
    prepare = Workers.prepare

    def told(self, study, nonce, *, measure):
        prepare(self, study, nonce, measure=measure)
        key = prepared(study.name, nonce, "prepare.json")
        facts = stored.read(Facts, self.store.read(key), key)
        contents = tuple(f"{facts.folds_digest} {fold}" for fold in range(len(facts.fold_sizes)))
        self.store.write(key, facts.model_copy(update={"contents": contents}).model_dump_json().encode())

    monkeypatch.setattr(Workers, "prepare", told)
    retuned(store, narrow)
    own = champion(store).params
    lost = Unlucky(store, wide, data="data 2", fresh=True, fails=lambda trial, fold: fold < 2 and trial.params == own)
    retuning(store, lost).run()
    again = retuning(store, Workers(store, wide, data="data 2"))
    assert again.run().verdict == "promoted"
    assert any(one.startswith("48 of 50 fits are taken over") for one in again.control.watcher.said)


def test_a_failure_that_stays_is_told_each_time_and_trains_nothing(store):
    """The challenger's code fails on fresh folds: no retune takes that for decided, and none trains it again."""
    retuned(store, narrow)
    own = champion(store).params
    for trained in (True, False):
        workers = Unlucky(
            store, wide, data="data 2", fresh=True, kind="ValueError", fails=lambda trial, _: trial.params != own
        )
        record = retuning(store, workers, refresh=True).run()
        assert "what failed is trained again when data, code or study have changed" in record.why
        assert record.verdict == ("refreshed" if trained else "kept")
        assert bool(workers.trained) == trained
    assert champion(store).serial == 2


def test_a_history_is_read_once_where_nothing_is_trained(store, monkeypatch):
    """Ticks on unchanged data are many: their records are small, and each reads the others once."""
    retuned(store, narrow)
    reads, history = [], in_use.history
    monkeypatch.setattr(in_use, "history", lambda *given: reads.append(given) or history(*given))
    record, _ = retuned(store, narrow)
    assert (record.verdict, record.profile, len(reads)) == ("unchanged", None, 1)
    assert b"unchanged" in store.read(keys.retunes_report("flowers"))
    assert in_use.kept(store, "flowers", record.name) == record
    assert champion(store).profile is not None


def test_a_score_that_error_score_made_up_is_never_put_in_use(store):
    """With `error_score: 0` a trial that failed ranks above sound losses."""

    def losing(params):
        if params["units"] == 32:
            raise ValueError("too large")
        return narrow(params) - 1

    record, _ = retuned(store, losing, error_score=0.0)
    assert (record.verdict, champion(store)) == ("kept", None)
    assert "whose scores are only what `error_score` says" in record.why


def test_a_champion_that_fails_is_kept_also_where_failures_end_runs(store):
    """`error_score: raise` is for the search's own trials."""
    retuned(store, narrow)

    def raising(params):
        if params["units"] == 8 and params["learning_rate"] == champion(store).params["learning_rate"]:
            raise ValueError("8 is too few")
        return wide(params)

    record, _ = retuned(store, raising, "data 2", error_score="raise", space={"units": [16], "learning_rate": [0.1]})
    assert record.verdict == "kept"
    assert "the champion can't be trained any more" in record.why


def test_a_job_that_failed_first_and_then_came_to_something_says_so(store):
    """Its later decision replaces the failure of its name; any other decision stays as it was."""
    with pytest.raises(DataError):
        retuning(store, Workers(store, narrow, poisoned=True), "tick").run()
    assert [one.verdict for one in in_use.history(store, "flowers")] == ["failed"]
    retuning(store, Workers(store, narrow), "tick").run()
    assert [one.verdict for one in in_use.history(store, "flowers")] == ["first"]
    in_use.keep(store, in_use.history(store, "flowers")[0].model_copy(update={"verdict": "kept"}))
    assert [one.verdict for one in in_use.history(store, "flowers")] == ["first"]


def test_what_an_earlier_retune_trained_is_not_counted_again(store):
    """Only the gate was changed: nothing was trained, and nothing is told as its cost."""
    retuned(store, narrow)
    first, _ = retuned(store, narrow, "data 2")
    again, workers = retuned(store, narrow, "data 2", confidence=0.9)
    assert workers.trained == 0
    assert (again.fits, again.seconds) == (0, 0.0)
    assert again.reused == first.fits + first.reused


def test_a_run_from_before_the_gate_has_its_rows_looked_at(store):
    """The search was run without the section: what a champion was trained on is known all the same."""

    class Unlooked(Workers):
        def prepare(self, study, nonce, *, measure):
            super().prepare(study, nonce, measure=measure)
            key = prepared(study.name, nonce, "prepare.json")
            facts = stored.read(Facts, self.store.read(key), key).model_copy(update={"profile": None})
            self.store.write(key, facts.model_dump_json().encode())

    study = made_plan.study()
    Control(study, Unlooked(store, narrow), store, Watching(), workers=2, resume="").run()
    record, workers = retuned(store, narrow)
    assert (record.verdict, workers.trained) == ("first", 0)
    assert champion(store).profile is not None
    assert retuned(store, narrow, "data 2")[0].changes == ()
    unknown = champion(store).model_copy(update={"profile": None})
    assert Notes("flowers", "tick", None, 0.0).record("kept", "", unknown, profile=record.profile).changes is None


def test_only_the_first_retune_times_fits(store):
    """A tick whose data may be unchanged starts no fit to find that out, nor does a comparison."""
    asked = []

    class Asked(Workers):
        def prepare(self, study, nonce, *, measure):
            asked.append(measure)
            super().prepare(study, nonce, measure=measure)

    for data in ("data 1", "data 1", "data 2"):
        again = retuning(store, Asked(store, narrow, data=data))
        replace(again, control=replace(again.control, measure=True)).run()
    assert asked == [True, False, False, False]


def test_a_retune_ends_when_what_goes_into_use_was_trained(store):
    """Its time, and the champion's, are those after the refit."""
    ends = []

    class Refitting(Workers):
        def refit(self, keys):
            super().refit(keys)
            ends.append(datetime.now(UTC))

    retuned(store, narrow)
    record = retuning(store, Refitting(store, wide, data="data 2")).run()
    assert record.verdict == "promoted"
    assert datetime.fromisoformat(record.when) >= ends[-1].replace(microsecond=0)
    assert champion(store).when == record.when


def test_an_infinite_param_is_itself_again(store):
    """JSON has no word for it; what is in use is not the params with nothing in its place."""

    def endless(params):
        return 0.9 if params["learning_rate"] == float("inf") else 0.5

    space = {"units": [8], "learning_rate": [0.1, float("inf")]}
    record, _ = retuned(store, endless, space=space)
    assert record.params == champion(store).params == {"units": 8, "learning_rate": float("inf")}
    again, _ = retuned(store, endless, "data 2", space=space)
    assert again.champion_params == champion(store).params
    assert again.params == {"units": 8, "learning_rate": 0.1}


def test_few_rows_in_a_fresh_fold_are_told(store):
    """Three folds of two rows that agree say little, however sure the test sounds."""
    retuned(store, narrow)
    workers = Workers(store, wide, data="data 2", rows=20)
    record = retuning(store, workers).run()
    assert "a fresh fold tests on 4 rows, so few that this says little" in record.why
