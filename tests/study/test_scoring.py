"""Scorers are scikit-learn's, told what a fold may lack, and refused where they can't work."""

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, get_scorer, get_scorer_names, log_loss, roc_auc_score

from job.study import scorer_names, scoring
from job.study.mistakes import StudyMistakes

RNG = np.random.RandomState(0)
X = RNG.normal(size=(90, 4))
TRUE = {
    "binary": (X[:, 0] + RNG.normal(size=90) > 0).astype(int),
    "multiclass": np.digitize(X[:, 0] + RNG.normal(size=90), [-0.5, 0.5]),
}


def fitted(labels):
    """A plain classifier of scikit-learn's own."""
    return LogisticRegression().fit(X, labels)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_scorers_give_scikit_learns_scores(task):
    """Where scikit-learn can score by itself, every scorer of ours gives the same number."""
    y, model, compared = TRUE[task], fitted(TRUE[task]), 0
    for name in get_scorer_names():
        try:
            ours = scoring.scorers([name], task, sorted(set(y.tolist())))[name]
        except StudyMistakes:
            continue
        compared += 1
        assert ours(model, X, y) == pytest.approx(get_scorer(name)(model, X, y), abs=1e-12), name
    assert compared > 30


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("f1", lambda y, model: f1_score(y, model.predict(X), pos_label="yes")),
        (
            "average_precision",
            lambda y, model: average_precision_score(y, model.predict_proba(X)[:, 1], pos_label="yes"),
        ),
        ("roc_auc", lambda y, model: roc_auc_score(y, model.predict_proba(X)[:, 1])),
        ("neg_log_loss", lambda y, model: -log_loss(y, model.predict_proba(X))),
        ("neg_brier_score", lambda y, model: -np.mean((model.predict_proba(X)[:, 1] - (y == "yes")) ** 2)),
    ],
)  # fmt: skip
def test_with_words_for_labels_the_second_is_positive(name, metric):
    """scikit-learn's positive class is 1; where 1 is no label, it is the last of the sorted two."""
    y = np.where(TRUE["binary"] == 1, "yes", "no")
    model = fitted(y)
    ours = scoring.scorers([name], "binary", ["no", "yes"])[name]
    assert ours(model, X, y) == pytest.approx(metric(y, model), abs=1e-12)


def test_names_known_without_scikit_learn_are_its_own():
    """Each is one of its scorers; those of regression score amounts, the others refuse them."""
    y = 1 + RNG.uniform(size=len(X))
    model = DummyRegressor().fit(X, y)
    assert get_scorer_names()
    assert set(get_scorer_names()) >= scorer_names.COMMON
    for name in scorer_names.REGRESSION:
        assert np.isfinite(get_scorer(name)(model, X, y)), name
    for name in scorer_names.CLASSIFICATION:
        with pytest.raises((ValueError, AttributeError)):
            get_scorer(name)(model, X, y)


def test_one_is_positive_where_it_is_a_label():
    """With labels 1 and 2, f1 is of 1, as in scikit-learn."""
    y = 2 - TRUE["binary"]
    model = fitted(y)
    assert scoring.scorers(["f1"], "binary", [1, 2])["f1"](model, X, y) == get_scorer("f1")(model, X, y)


@pytest.mark.parametrize(
    "name", ["neg_log_loss", "roc_auc_ovr", "top_k_accuracy", "neg_brier_score", "d2_log_loss_score"]
)
def test_a_fold_may_lack_a_class(name):
    """Scorers of probabilities know all labels of the study, though the test rows have but two of three."""
    y, model = TRUE["multiclass"], fitted(TRUE["multiclass"])
    rows = y != 2
    ours = scoring.scorers([name], "multiclass", [0, 1, 2])[name]
    with pytest.raises(ValueError, match=r"classes|labels"):
        get_scorer(name)(model, X[rows], y[rows])
    if name == "roc_auc_ovr":
        with pytest.warns(UserWarning, match="Only one class is present"):
            assert np.isnan(ours(model, X[rows], y[rows]))
    else:
        assert np.isfinite(ours(model, X[rows], y[rows]))


@pytest.mark.parametrize(
    ("name", "task", "classes", "outputs", "sentence"),
    [
        ("f1", "multiclass", [0, 1, 2], 1,
         "`f1` can't score 3 classes: Target is multiclass but average='binary'. Use `f1_macro`."),
        ("roc_auc", "multiclass", ["a", "b", "c"], 1,
         "`roc_auc` can't score 3 classes: multi_class must be in ('ovo', 'ovr'). Use `roc_auc_ovr`."),
        ("f1_samples", "binary", [0, 1], 1,
         ("`f1_samples` can't score 2 classes: Samplewise metrics are not available outside of multilabel "
         "classification. Use `f1`.")),
        ("precision", "multilabel", None, 3,
         ("`precision` can't score several labels a row: Target is multilabel-indicator but average='binary'. Use "
         "`precision_macro`.")),
        ("balanced_accuracy", "multilabel", None, 3,
         ("`balanced_accuracy` can't score several labels a row: multilabel-indicator is not supported. Use "
         "`accuracy`.")),
        ("accuracy", "regression", None, 1, "`accuracy` can't score a regression: it is for classification. Use `r2`."),
        ("r2", "binary", [0, 1], 1, "`r2` can't score 2 classes: it is for regression. Use `accuracy`."),
        ("neg_max_error", "regression", None, 2,
         "`neg_max_error` can't score a regression: Multioutput not supported in max_error. Use `r2`."),
    ],
)  # fmt: skip
def test_a_scorer_that_cannot_work_names_one_that_can(name, task, classes, outputs, sentence):
    """Labels and task are tried before anything is trained."""
    with pytest.raises(StudyMistakes) as caught:
        scoring.scorers(["accuracy" if task != "regression" else "r2", name], task, classes, outputs=outputs)
    assert [str(mistake) for mistake in caught.value.mistakes] == [f"scoring[1]: {sentence}"]


def test_without_scoring_the_task_has_a_default():
    """Accuracy for classes, r2 for numbers."""
    assert list(scoring.scorers([], "binary", [0, 1])) == ["accuracy"]
    assert list(scoring.scorers([], "regression", None)) == ["r2"]


@pytest.mark.parametrize(
    ("names", "task"),
    [
        (["r2"], "regression"),
        (["neg_mean_squared_error", "r2"], "regression"),
        (["f1", "roc_auc"], "classification"),
        (["accuracy", "r2"], None),
        (["my:own"], None),
        ([], None),
    ],
)
def test_scorers_tell_the_task(names, task):
    """Named scorers say whether y is numbers or classes, where they agree."""
    assert scorer_names.task_of(names) == task


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        (
            {"scoring": "f1_makro"},
            [("line 6: scoring: there is no scorer `f1_makro`; allowed are scikit-learn's names, such as "
              "`accuracy`, `f1`, "
             "`roc_auc`, `neg_log_loss`, `r2`, and `module:name` of your own. Did you mean `f1_macro`?")],
        ),
        ({"scoring": "3"}, ["line 6: scoring: got 3; allowed are a name or a list of names."]),
        ({"scoring": "[f1, f1]", "refit": "f1"}, ["line 6: scoring[1]: `f1` is named twice."]),
        (
            {"scoring": "[accuracy, r2]", "refit": "r2"},
            ["line 6: scoring: `r2` scores a regression and `accuracy` a classification; a study has one task."],
        ),
        (
            {"scoring": "f1", "task": "multiclass"},
            [("line 6: scoring: `f1` can't score many classes: Target is multiclass but average='binary'. Use "
             "`f1_macro`.")],
        ),
        (
            {"scoring": "[f1, roc_auc]"},
            [("refit: with several scorers, one ranks the trials: `refit: f1`, or another of `f1` and `roc_auc`; "
             "`refit: false` ranks by none and trains none again.")],
        ),
        (
            {"scoring": "[f1, roc_auc]", "refit": "f2"},
            ["line 7: refit: got 'f2'; allowed are `f1`, `roc_auc`, `true` and `false`."],
        ),
        (
            {"refit": "f1"},
            ["line 6: refit: got 'f1'; allowed are `true` and `false` (the study names no `scoring`)."],
        ),
    ],
)  # fmt: skip
def test_wrong_scoring_is_told_when_the_study_is_read(said, fields, sentences):
    """Names, contradictions and refit are checked without data."""
    assert said(**fields) == sentences


@pytest.mark.parametrize(
    ("word", "right"), [("mse", "neg_mean_squared_error"), ("auc", "roc_auc"), ("acc", "accuracy"), ("R2", "r2")]
)
def test_other_libraries_words_are_understood(said, word, right):
    """What Keras or Kaggle call it leads to scikit-learn's name."""
    assert said(scoring=word)[0].endswith(f"Did you mean `{right}`?")


def test_a_scorer_of_the_users_own(beside):
    """A callable of (estimator, X, y) is taken; a metric of (y, predicted) is refused with the remedy."""
    folder = beside(
        mine__py="""
from sklearn.metrics import make_scorer
def cost(y, predicted): return -1.0
scorer = make_scorer(cost)
def plain(estimator, X, y): return 2.0
number = 3
"""
    )
    found = scoring.scorers(["mine:scorer", "mine:plain"], "binary", [0, 1], folder)
    model = fitted(TRUE["binary"])
    assert [one(model, X, TRUE["binary"]) for one in found.values()] == [-1.0, 2.0]
    with pytest.raises(StudyMistakes) as caught:
        scoring.scorers(["mine:cost", "mine:number", "mine:nothing"], "binary", [0, 1], folder)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        (
            "scoring[0]: mine:cost takes two arguments, as a metric does; a scorer takes (estimator, X, y). "
            "Write `scorer = "
            "make_scorer(cost)` in that module, and name that."
        ),
        (
            "scoring[1]: mine:number is 3; a scorer is called with (estimator, X, y), such as scikit-learn's "
            "make_scorer makes."
        ),
        "scoring[2]: module `mine` has no `nothing`; it has `cost`, `make_scorer`, `plain` and `scorer`.",
    ]
