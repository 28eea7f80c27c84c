"""The section ``retune``: read, written back, its mistakes, and the fresh folds it stands for."""

import numpy as np
import pytest

from job.study import confirming, reading, splitters
from job.study.mistakes import StudyMistakes

TEXT = "name: a\nmodel: model:build\ndata: data:load\nsearch: grid\nspace: {u: [1, 2]}\nscoring: accuracy\n"


def read(more):
    """A study with more lines."""
    return reading.parse(TEXT + more, "study.yaml")


@pytest.mark.parametrize(
    "section",
    [
        "{}",
        "{confirm: 3, confidence: 0.9}",
        "{confirm: {RepeatedStratifiedKFold: {n_splits: 5, n_repeats: 5}}, margin: 0.01, floor: 0.8, refresh: true}",
        "{confirm: 'folds:mine'}",
    ],
)
def test_a_section_is_read_back_as_it_was_written(section):
    """What is stored of a study holds the same section."""
    study = read(f"retune: {section}")
    assert reading.parse(reading.dump(study), "stored").retune == study.retune is not None


def test_a_study_without_the_section_has_none():
    """Nothing changes for whoever does not retune."""
    assert read("").retune is None
    assert "retune" not in reading.dump(read(""))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("retune: {confirm: {RepeatedKFold: {random_state: 0}}}", "confirm.RepeatedKFold.random_state: fresh folds"),
        ("retune: {confirm: {KFold: {shuffle: false}}}", "confirm.KFold.shuffle: folds in the order of the rows"),
        ("retune: {confirm: {KFold: {n_split: 3}}}", "confirm.KFold.n_split: `KFold` has no argument"),
        ("retune: {confirm: {RepeatedKFolds: {}}}", "Did you mean `RepeatedKFold`?"),
        ("retune: {confirm: {ShuffleSplit: {n_splits: 1}}}", "one fold has no spread to judge by"),
        ("retune: {confirm: {RepeatedStratifiedKFold: {}}}\ntask: regression", "`RepeatedStratifiedKFold` divides"),
        ("retune: {confidence: 95}", "got 95; allowed is less than 1.0"),
        ("retune: {confidence: high}", "got 'high'; allowed is a number"),
        ("retune: {margin: -1}", "got -1; allowed is 0.0 or more"),
        ("retune: {flor: 1}", "Did you mean `floor`?"),
        ("retune: {}\nrefit: false", "refit: `retune` puts models in use"),
        ("retune: {}\ncv: {TimeSeriesSplit: {}}", "`confirm: {TimeSeriesSplit: {n_splits: 20}}`"),
        ("retune: {}\ncv: 'folds:mine'", "which fresh folds are like it can't be guessed"),
        ("retune: {confirm: {RepeatedKFold: {}}}\ncv: {GroupKFold: {}}", "keeps groups together and `RepeatedKFold`"),
        ("retune: {confirm: {GroupKFold: {}}}\ncv: {GroupKFold: {}}", "`GroupKFold` makes the same folds each time"),
        ("retune: {}\ncv: {TimeSeriesSplit: {n_splits: 20}}", "`confirm: {TimeSeriesSplit: {n_splits: 25}}`"),
        ("retune: {}\ncv: {LeaveOneGroupOut: {}}", "`confirm: {GroupShuffleSplit: {n_splits: 25, test_size: 0.2}}`"),
        ("retune: {floor: 2}", "retune.floor: `accuracy` is 1 at most, so that no model reaches 2"),
        ("retune: {floor: 80}", "80 % are `floor: 0.8`"),
        ("retune: {margin: 5}", "retune.margin: `accuracy` lies between 0 and 1, so that no gain is more than 5"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(section, told):
    """What was got, what is allowed, and where."""
    with pytest.raises(StudyMistakes) as caught:
        read(section)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("more", "task", "name", "folds"),
    [
        ("retune: {}", "binary", "RepeatedStratifiedKFold", 25),
        ("retune: {}", "regression", "RepeatedKFold", 25),
        ("retune: {confirm: 3}", "multiclass", "StratifiedKFold", 3),
        ("retune: {confirm: 3}", "regression", "KFold", 3),
        ("retune: {}\ncv: {GroupKFold: {}}", "binary", "GroupShuffleSplit", 25),
    ],
)
def test_folds_are_fresh_with_each_seed(more, task, name, folds):
    """The default goes by task and groups; two seeds give other folds, one seed the same."""
    study = read(more)
    assert confirming.splitter(study, task).name == name
    x, y = np.zeros((200, 1)), np.arange(200) % 2
    groups = np.arange(200) % 40 if "Group" in name else None

    def tests(seed):
        found = confirming.study(study, task, seed, ({"u": 1}, {"u": 2}))
        return [test.tolist() for _, test in splitters.build(found, task).split(x, y, groups)]

    assert len(tests(1)) == folds == len(confirming.sizes(study, task, 200))
    assert tests(1) == tests(1)
    assert tests(1) != tests(2)


def test_the_confirm_study_has_the_two_trials_in_their_order():
    """Read back from the store, its grid gives exactly the params it was made of, whatever they are."""
    trials = ({"u": 1.0, "w": None, "z": "1e-3"}, {"u": 2, "w": True, "z": [1, 2]})
    found = confirming.study(read("retune: {}\nlimits: {fits: 10}"), "binary", 7, trials)
    again = reading.parse(reading.dump(found), "stored")
    from sklearn.model_selection import ParameterGrid

    drawn = list(ParameterGrid([dict(one) for one in again.space]))
    assert [repr(sorted(one.items())) for one in drawn] == [repr(sorted(one.items())) for one in trials]
    assert again.retune is None
    assert again.limits.fits is None


def beside(folder, cv, confirm):
    """A study with these folds, beside the code that it names."""
    (folder / "folds.py").write_text("def fixed(parts=2):\n    pass\n\n\ndef drawn(random_state):\n    pass\n")
    for name, function in (("model", "build(u)"), ("data", "load()")):
        (folder / f"{name}.py").write_text(f"def {function}:\n    pass\n")
    (folder / "study.yaml").write_text(f"{TEXT}cv: {cv}\nretune: {{confirm: {confirm}}}")
    return reading.read(folder / "study.yaml")


@pytest.mark.parametrize(
    ("cv", "confirm", "instead"),
    [
        ("{TimeSeriesSplit: {n_splits: 3}}", "{TimeSeriesSplit: {n_splits: 3}}", "{TimeSeriesSplit: {n_splits: 20}}"),
        ("{TimeSeriesSplit: {}}", "{TimeSeriesSplit: {n_splits: 5, gap: 0}}", "{TimeSeriesSplit: {n_splits: 20}}"),
        (
            "{TimeSeriesSplit: {n_splits: 3, test_size: 9}}",
            "{TimeSeriesSplit: {n_splits: 9, test_size: 9}}",
            "n_splits: 20",
        ),
        ("{LeaveOneOut: {}}", "{LeaveOneOut: {}}", "{ShuffleSplit: {n_splits: 25, test_size: 0.2}}"),
        ("{LeavePOut: {p: 2}}", "{LeavePOut: {p: 2}}", "{ShuffleSplit: {n_splits: 25, test_size: 0.2}}"),
        ("{LeaveOneGroupOut: {}}", "{LeaveOneGroupOut: {}}", "{GroupShuffleSplit: {n_splits: 25, test_size: 0.2}}"),
        ("{PredefinedSplit: {test_fold: [0, 1]}}", "{PredefinedSplit: {test_fold: [0, 1]}}", "{ShuffleSplit:"),
        ("folds:fixed", "folds:fixed", "one of your own that takes `random_state`, or `{ShuffleSplit:"),
    ],
)
def test_the_searchs_own_folds_are_not_fresh(tmp_path, cv, confirm, instead):
    """Whatever draws nothing at random has to be another splitter, or have other arguments."""
    with pytest.raises(StudyMistakes, match="the search's own folds again") as caught:
        beside(tmp_path, cv, confirm)
    assert instead in str(caught.value)


@pytest.mark.parametrize(
    ("cv", "confirm"),
    [
        ("{TimeSeriesSplit: {n_splits: 3}}", "{TimeSeriesSplit: {n_splits: 5}}"),
        ("{TimeSeriesSplit: {n_splits: 3, test_size: 9}}", "{TimeSeriesSplit: {n_splits: 9, test_size: 8}}"),
        ("{LeaveOneOut: {}}", "{RepeatedKFold: {}}"),
        ("{LeavePGroupsOut: {n_groups: 2}}", "{LeaveOneGroupOut: {}}"),
        ("3", "3"),
        ("{KFold: {}}", "{KFold: {}}"),
        ("{ShuffleSplit: {}}", "{ShuffleSplit: {}}"),
        ("folds:drawn", "folds:drawn"),
        ("{'folds:fixed': {parts: 2}}", "{'folds:fixed': {parts: 3}}"),
    ],
)
def test_folds_that_differ_are_fresh(tmp_path, cv, confirm):
    """By a seed of their own, or by what they are."""
    assert beside(tmp_path, cv, confirm).retune


@pytest.mark.parametrize(
    ("scoring", "section", "told"),
    [
        ("neg_log_loss", "{floor: 0.3}", "`neg_log_loss` is 0 at most, so that no model reaches 0.3"),
        ("neg_log_loss", "{floor: -0.3, margin: 5}", ""),
        ("r2", "{floor: 1.5}", "`r2` is 1 at most"),
        ("r2", "{floor: -3, margin: 2}", ""),
        ("f1_macro", "{margin: 1}", "`f1_macro` lies between 0 and 1"),
        ("accuracy", "{floor: 1, margin: 0.99}", ""),
        ("matthews_corrcoef", "{floor: -0.5, margin: 1}", ""),
        ("scores:own", "{floor: 80, margin: 5}", ""),
        ("[r2, neg_mean_squared_error]\nrefit: neg_mean_squared_error", "{floor: 1}", "`neg_mean_squared_error` is 0"),
    ],
)
def test_scores_that_no_model_can_reach_are_mistakes(scoring, section, told):
    """By the range of the scorer that ranks; one whose range nobody knows may have any."""
    text = f"{TEXT.replace('scoring: accuracy', f'scoring: {scoring}')}retune: {section}"
    if not told:
        assert reading.parse(text, "study.yaml").retune
        return
    with pytest.raises(StudyMistakes) as caught:
        reading.parse(text, "study.yaml")
    assert told in str(caught.value)


def test_a_default_scorer_has_a_range_too():
    """Accuracy and r2 are 1 at most, whichever it will be."""
    with pytest.raises(StudyMistakes, match=r"the score \(`accuracy` or `r2`\) is 1 at most"):
        reading.parse(f"{TEXT.replace('scoring: accuracy', '')}retune: {{floor: 2}}", "study.yaml")
