"""Fits that earlier runs trained: found by what decides them, taken over, and trained again where anything differs."""

import json
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "plan"))
import made_plan

from job.data import fingerprint
from job.data import folds as fold_numbers
from job.data.rows import Fold, Part, Rows
from job.errors import UsageError
from job.plan import identity, stored
from job.results import fits_index, kept, taking
from job.results.aggregate import aggregate
from job.results.fits_index import ENTRY, Kept
from job.results.line import FitFailure, FitLine, dump_lines, load_lines
from job.store import RunKeys, open_store
from job.study.study import FitSettings

FOLDS = [Fold(np.arange(200), np.arange(200, 300)), Fold(np.arange(100, 300), np.arange(100))]


def facts(**changed):
    """Facts of two folds whose content is known."""
    sizes = ((200, 100), (200, 100))
    return made_plan.facts(**{"folds": 2, "fold_sizes": sizes, "contents": ("first", "second"), **changed})


class Case:
    """Runs of one study in a store, trained by making lines up: a score tells which run trained it."""

    def __init__(self):
        self.store = open_store(f"memory://{uuid4().hex}")
        self.runs = 0

    def plan(self, study, found):
        return stored.write(self.store, study, found, fold_numbers.save(FOLDS), 2)

    def run(self, study=None, found=None, *, fresh=False, failing=(), ends=True):
        """One run; returns what was taken over, the fits that were trained, and the table."""
        study, found = study or made_plan.study(), found or facts()
        plan = self.plan(study, found)
        keys = RunKeys(plan.study, plan.run)
        taken = taking.take(self.store, plan, study, fresh=fresh)
        self.runs += 1
        trained = self.train(keys, plan, study, failing)
        table = aggregate(self.store, keys, plan, study)
        if ends:
            kept.end(self.store, keys, table)
        return taken, trained, table

    def train(self, keys, plan, study, failing):
        """Trains what is missing of each shard, and stores it as a worker would."""
        trained = []
        for number in range(plan.shards):
            done = {
                (line.trial, line.fold)
                for entry in self.store.list(keys.results_of(number))
                for line in load_lines(self.store.read(entry.key))
            }
            lines = [
                self.line(one, fold, plan, study, failing)
                for one in stored.shard(self.store, keys, number).trials
                for fold in (0, 1)
                if one.twin is None and (one.number, fold) not in done
            ]
            if lines:
                self.store.create(keys.result(number, "group"), dump_lines(lines))
            trained += [(line.trial, line.fold) for line in lines]
        return trained

    def line(self, trial, fold, plan, study, failing):
        scores = dict.fromkeys(plan.facts.scoring, self.runs + trial.number / 100 + fold / 1000)
        error = FitFailure(kind="ValueError", message="made to fail") if (trial.number, fold) in failing else None
        return FitLine(
            identity=identity.fit(study, plan.facts, trial.params, FOLDS[fold]), trial=trial.number, fold=fold,
            params=dict(trial.params), scores={} if error else scores,
            train_scores=scores if study.return_train_score else None,
            fit_seconds=1.0, score_seconds=0.1, train_rows=200, test_rows=100, epochs=1, history={}, way="fit", why="",
            group="group", attempt=1, finished="2026-01-01T00:00:00+00:00", error=error,
        )  # fmt: skip


@pytest.fixture
def case():
    """An empty store with one study's run in it: twelve trials, two folds."""
    made = Case()
    taken, trained, _ = made.run()
    assert not taken.total
    assert len(trained) == 24
    return made


def lines(case, table):
    """The lines of a run by trial and fold."""
    keys = RunKeys(table.plan.study, table.plan.run)
    found = [one for entry in case.store.list(keys.results_prefix) for one in load_lines(case.store.read(entry.key))]
    return {(line.trial, line.fold): line for line in found}


def test_a_parameter_that_gains_a_value_trains_the_new_trials_alone(case):
    """Of 16 trials 12 are taken over, whatever their numbers are now; the table holds all, and says who trained."""
    space = {**made_plan.SPACE, "units": [4, *made_plan.SPACE["units"]]}
    taken, trained, table = case.run(made_plan.study(space=(space,)))
    assert (taken.total, len(trained), table.done, table.taken) == (24, 8, 32, 24)
    assert {table.trials[trial]["units"] for trial, _ in trained} == {4}
    for (trial, fold), line in lines(case, table).items():
        assert line.params == table.trials[trial]
        assert line.identity == identity.fit(table.study, table.plan.facts, line.params, FOLDS[fold])
        assert bool(line.taken) == (line.params["units"] != 4)
        assert line.scores["accuracy"] < 2 if line.taken else line.scores["accuracy"] >= 2
    (said,) = taken.told()
    assert said.startswith("24 of 32 fits are taken over from earlier runs")
    assert said.endswith("8 are trained")


@pytest.mark.parametrize(
    ("study", "found"),
    [
        ({}, {"fingerprint": "other", "contents": ("other", "rows")}),
        ({}, {"code_digest": "other code"}),
        ({}, {"fingerprint": "other", "classes": (0, 2)}),
        ({}, {"task": "multiclass"}),
        ({}, {"versions": {"tensorflow": "2.20.0", "keras": "3.15.1", "scikit-learn": "1.9.0"}}),
        ({}, {"versions": {"tensorflow": "2.21.0", "keras": "3.14.1", "scikit-learn": "1.9.0"}}),
        ({}, {"versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "scikit-learn": "1.8.0"}}),
        ({}, {"trains_by": {"inhouse": "1.0.1"}}),
        ({"fit": FitSettings(epochs=7)}, {}),
        ({"seed": 1}, {}),
        ({"model": "model:other"}, {}),
        ({"threshold": 0.3}, {}),
        ({"targets": "one_hot"}, {}),
    ],
    ids=lambda one: ",".join(one) or "-",
)
def test_whatever_decides_a_fit_trains_it_again(case, study, found):
    """A change in any one part of a fit's identity, and nothing is taken over."""
    taken, trained, _ = case.run(made_plan.study(**study), facts(**found))
    assert not taken.total
    assert len(trained) == 24


def test_packages_count_as_far_as_they_decide_fits():
    """A patch of numpy and another release of what only scores train nothing; own scores are then computed anew."""
    case = Case()
    case.run(found=facts(trains_by={"numpy": "2.1.0"}, scores_by={"scorers": "1.0"}))
    found = facts(trains_by={"numpy": "2.1.7"}, scores_by={"scorers": "1.1"})
    assert not case.run(found=found)[1]
    study = made_plan.study(scoring=("scorers:own",))
    one, other = (facts(scoring=("own",), scores_by={"scorers": version}) for version in ("1.0", "1.1"))
    assert kept.scorers(study, one) != kept.scorers(study, other)
    assert len(case.run(found=facts(trains_by={"numpy": "2.2.0"}))[1]) == 24


def test_another_version_of_the_numbers_trains_again(case, monkeypatch):
    """Results of two versions of the numbers are never mixed."""
    monkeypatch.setattr(identity, "NUMBERS", identity.NUMBERS + 1)
    assert len(case.run()[1]) == 24


def test_one_fold_that_changed_is_trained_alone(case):
    """With data appended behind it, a fold keeps its fits while the other is trained again."""
    taken, trained, _ = case.run(found=facts(fingerprint="more", contents=("first", "changed")))
    assert taken.total == 12
    assert {fold for _, fold in trained} == {1}


def test_folds_may_change_places(case):
    """What was fold 1 is fold 0 now, as where a time series goes on: its fits are taken over under the new number."""
    taken, trained, table = case.run(found=facts(fingerprint="later", contents=("second", "third")))
    assert taken.total == 12
    assert {fold for _, fold in trained} == {1}
    assert lines(case, table)[3, 0].scores == {"accuracy": 1.031}


def test_refit_and_what_decides_no_fit_train_nothing(case):
    """Another refit, another error score: a new run, of which all is there."""
    for study in ({"refit": False}, {"error_score": 0.0}):
        taken, trained, table = case.run(made_plan.study(**study))
        assert taken.told()[0].endswith("none is trained")
        assert not trained
        assert table.plan.run in {entry.key.split("/")[2] for entry in case.store.list("flowers/runs")}


def test_fewer_scores_are_taken_over_and_others_are_not(case):
    """A score that is there already trains nothing; one that nobody computed trains all, and that is told."""
    both, two = made_plan.study(scoring=("accuracy", "roc_auc"), refit="accuracy"), ("accuracy", "roc_auc")
    taken, trained, _ = case.run(both, facts(scoring=two))
    assert (taken.total, taken.unscored, len(trained)) == (0, 24, 24)
    assert "not scored by what `scoring` asks now" in taken.told()[0]
    taken, trained, table = case.run(made_plan.study(scoring=("roc_auc",)), facts(scoring=("roc_auc",)))
    assert (taken.total, trained) == (24, [])
    assert {tuple(line.scores) for line in lines(case, table).values()} == {("roc_auc",)}


def test_train_scores_are_taken_over_where_they_are_there(case):
    """Fits without train scores are trained again where these are asked for; the other way round they are not."""
    assert len(case.run(made_plan.study(return_train_score=True))[1]) == 24
    taken, _, table = case.run(made_plan.study(return_train_score=True, refit=False))
    assert taken.total == 24
    assert not np.isnan(table.fits.train_scores["accuracy"]).any()


def test_a_failed_fit_is_tried_again():
    """Only fits that succeeded are taken over."""
    case = Case()
    case.run(failing={(3, 1), (5, 0)})
    taken, trained, _ = case.run(made_plan.study(refit=False))
    assert taken.total == 22
    assert sorted(trained) == [(3, 1), (5, 0)]


def test_fresh_takes_nothing_over_and_says_why_it_cannot(case):
    """A fresh run trains all; one that took fits over can't become fresh, and the remedy is named."""
    study = made_plan.study(refit=False)
    assert len(case.run(study, fresh=True)[1]) == 24
    case.run(made_plan.study(error_score=0.0))
    with pytest.raises(
        UsageError, match=r"--fresh: flowers-.* took 24 of its fits over .* delete it first: tunejob del"
    ):
        case.run(made_plan.study(error_score=0.0), fresh=True)


def test_what_is_carried_on_is_found_though_its_run_is_not_the_newest(case):
    """Fits of the first run are found after a run of other content, through that run's index alone."""
    case.run(found=facts(fingerprint="other", contents=("other", "rows")))
    case.store = Narrow(case.store)
    taken, trained, _ = case.run(made_plan.study(refit=False))
    assert taken.total == 24
    assert not trained


class Narrow:
    """A store that refuses to list more than one run."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def list(self, prefix):
        assert len(prefix.split("/")) > 3, f"{prefix} lists more than a run"
        return self._store.list(prefix)


def test_fits_of_a_deleted_run_are_trained_again_and_those_of_others_are_not(case):
    """The index forgets a run that was deleted; a copy of its fits in another run stays."""
    space = {**made_plan.SPACE, "units": [8, 16, 32, 64]}
    _, _, table = case.run(made_plan.study(space=(space,)))
    for entry in case.store.list(RunKeys("flowers", table.plan.run).prefix):
        case.store.delete(entry.key)
    taken, trained, _ = case.run(made_plan.study(space=(space,), refit=False))
    assert taken.total == 24
    assert len(trained) == 8


def test_a_run_whose_controller_was_killed_is_found_too(case):
    """A run that never came to its end is named as open: what it has trained is read from its results."""
    other = facts(fingerprint="other", contents=("other", "rows"))
    case.run(found=other, ends=False)
    taken, trained, _ = case.run(made_plan.study(refit=False), other)
    assert taken.total == 24
    assert not trained


def test_a_controller_that_dies_amid_is_followed_by_one_that_ends_the_same(case):
    """Taking over again, before it was noted as done, changes nothing."""
    study = made_plan.study(refit=False)
    plan = case.plan(study, facts())
    first = taking.take(case.store, plan, study)
    case.store.delete(RunKeys(plan.study, plan.run).taken)
    assert taking.take(case.store, plan, study) == first
    assert taking.take(case.store, plan, study) == first
    taken, trained, table = case.run(study)
    assert (taken.total, trained, table.taken) == (24, [], 24)


def test_who_trained_a_fit_is_told_over_many_runs(case):
    """A fit that was taken over twice still names the run that trained it."""
    first = case.plan(made_plan.study(), facts()).run
    case.run(made_plan.study(refit=False))
    _, _, table = case.run(made_plan.study(error_score=0.0))
    assert {line.taken for line in lines(case, table).values()} == {first}
    assert json.loads(case.store.read(RunKeys("flowers", table.plan.run).taken))["runs"] == {first: 24}


def test_an_older_index_adds_what_the_newer_lacks_alone():
    """Of equal fits, scorers and kinds the first stays, as NumPy's own search for unique values has it."""
    random, sides = np.random.default_rng(0), []
    for name in ("new", "old"):
        entries = np.zeros(500, ENTRY)
        entries["fit"] = [bytes([one]) * 16 for one in random.integers(1, 40, 500)]
        entries["scoring"], entries["copy"] = random.integers(0, 2, 500), random.integers(0, 2, 500)
        entries["outputs"], entries["trial"] = random.integers(0, 2, 500), np.arange(500)
        scorings = (("accuracy",), ("roc_auc",)) if name == "new" else (("roc_auc",), ("accuracy",))
        sides.append(Kept(entries, (f"{name}/runs/x/results/00000/a.jsonl",), scorings))
    found = sides[0].and_older(sides[1])
    both = np.concatenate([one.entries for one in sides])
    both["scoring"][500:] = 1 - both["scoring"][500:]
    both["place"][500:] = 1
    _, first = np.unique(both[["fit", "scoring", "copy", "outputs"]], return_index=True)
    assert (found.entries == both[np.sort(first)]).all()
    assert found.scorings == sides[0].scorings


def test_an_index_of_an_earlier_version_is_read():
    """One that did not tell yet of which fits predictions are kept: of none."""
    entries = np.zeros(3, ENTRY)
    entries["trial"], entries["outputs"] = [3, 1, 2], True
    data = fits_index.dump(Kept(entries[[name for name in ENTRY.names if name != "outputs"]], ("a/runs/b/c",)))
    found = fits_index.load(data, "here")
    assert found.entries["trial"].tolist() == [3, 1, 2]
    assert not found.entries["outputs"].any()


def made_rows(n=40, **changed):
    """Rows of two inputs, one of them wide, with text beside."""
    random = np.random.default_rng(0)
    y = np.arange(n) % 2
    X = {"a": random.normal(size=n), "wide": random.normal(size=(n, 30)), "text": np.array([f"t{i}" for i in range(n)])}
    fields = {
        "X": X, "y": y, "encoded": y, "groups": None, "sample_weight": np.ones(n, np.float32), "task": "binary",
        "classes": np.array([0, 1]), "why": "", "given": y,
    }  # fmt: skip
    fields |= changed
    part = Part(None, fields["given"], fields["encoded"], fields["task"], fields["classes"])
    return Rows(**fields, parts=(part,))


def changed_at(name, row):
    """Rows of which one value differs."""
    rows = made_rows()
    if name == "sample_weight":
        rows.sample_weight[row] = 2
    elif name == "given":
        rows.given[row] = 1 - rows.given[row]
    else:
        rows.X[name].reshape(len(rows), -1)[row, -1] = "new" if name == "text" else 7.0
    return rows


SPLIT = [Fold(np.arange(10), np.arange(10, 20)), Fold(np.arange(20), np.arange(20, 30))]


@pytest.mark.parametrize("name", ["a", "wide", "text", "given", "sample_weight"])
@pytest.mark.parametrize(("row", "same"), [(3, ()), (15, ()), (25, (0,)), (35, (0, 1))])
def test_a_value_changes_the_folds_that_see_its_row_alone(name, row, same):
    """Of X, y and weights: a row's value, training or test, changes the content of its folds and of no other."""
    before, after = fingerprint.of_folds(made_rows(), SPLIT), fingerprint.of_folds(changed_at(name, row), SPLIT)
    assert tuple(fold for fold in (0, 1) if before[fold] == after[fold]) == same


def test_appended_rows_keep_content_and_new_classes_or_an_order_do_not():
    """Rows behind all folds change nothing; another class anywhere, another dtype or order of rows change all."""
    before = fingerprint.of_folds(made_rows(), SPLIT)
    longer = made_rows(60)
    for name, array in made_rows().X.items():
        if name != "text":
            longer.X[name][:40] = array
    assert fingerprint.of_folds(longer, SPLIT) == before
    assert not set(fingerprint.of_folds(made_rows(classes=np.array([0, 1, 2])), SPLIT)) & set(before)
    turned = [Fold(fold.train[::-1], fold.test) for fold in SPLIT]
    assert not set(fingerprint.of_folds(made_rows(), turned)) & set(before)
    narrow = made_rows()
    narrow.X["a"] = narrow.X["a"].astype(np.float32)
    assert not set(fingerprint.of_folds(narrow, SPLIT)) & set(before)


def test_a_run_that_begins_loses_nothing_that_another_writes_meanwhile(case, monkeypatch):
    """Between the read and the swap of the index another run ends and a third begins: both stay in it."""
    others = [made_plan.study(seed=7), made_plan.study(seed=8), made_plan.study(seed=9)]
    plans = [case.plan(one, facts()) for one in others]
    swapped, beaten = kept._swapped, []

    def late(*arguments):
        if not beaten:
            beaten.append(True)
            case.run(others[0])
            kept.begin(case.store, RunKeys(plans[1].study, plans[1].run))
        return swapped(*arguments)

    monkeypatch.setattr(kept, "_swapped", late)
    kept.begin(case.store, RunKeys(plans[2].study, plans[2].run))
    found = kept._read(case.store, "flowers", kept._pointed(case.store, "flowers")[0])
    assert {plans[1].run, plans[2].run} <= set(found.open)
    assert plans[0].run in found.runs
