"""Searches here against scikit-learn's own over the same estimator, whose fits are trained one by one."""

import joblib
import numpy as np
import pytest
from sklearn import model_selection
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from job import GridSearchCV, HalvingGridSearchCV, KerasClassifier, KerasRegressor, RandomizedSearchCV
from job.sklearn import meeting, searches

_NEAR = 1e-4  # of predicted probabilities: float32, another order of sums


@pytest.fixture(scope="module")
def estimator(build):
    """Repeatable."""
    return KerasClassifier(build, epochs=2, random_state=0)


def test_scores_equal_those_of_fits_one_by_one(estimator, grid, rows):
    """Every candidate's log loss in every fold is that of scikit-learn's search, on test rows and on training rows."""
    how = {"cv": 2, "scoring": "neg_log_loss", "return_train_score": True}
    ours = GridSearchCV(estimator, grid, **how).fit(*rows).cv_results_
    theirs = model_selection.GridSearchCV(estimator, grid, **how).fit(*rows).cv_results_
    assert ours["params"] == theirs["params"]
    for name in ("split0_test_score", "split1_test_score", "split1_train_score"):
        assert ours[name] == pytest.approx(theirs[name], abs=_NEAR)


def test_pipelines_meet(estimator, grid, rows):
    """Preprocessing is fitted in each fold, its own parameters are searched too, and the Keras fits train together."""
    X, y = rows
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), estimator)
    space = {f"kerasclassifier__{name}": values for name, values in grid.items()}
    space["simpleimputer__strategy"] = ["mean", "median"]
    how = {"cv": 2, "scoring": "neg_log_loss"}
    ours = GridSearchCV(pipeline, space, **how).fit(X, y).cv_results_
    theirs = model_selection.GridSearchCV(pipeline, space, **how).fit(X, y).cv_results_
    assert ours["mean_test_score"] == pytest.approx(theirs["mean_test_score"], abs=_NEAR)
    with joblib.parallel_config("tunejob"):
        found = model_selection.cross_validate(pipeline, X, y, cv=3, return_estimator=True)
    assert {one[-1].trained_by_[: one[-1].trained_by_.index(" fits")] for one in found["estimator"]} == {
        "any-shape graph: 3"
    }


def test_fits_of_a_split_share_its_row_numbers(build, grid, rows, monkeypatch):
    """However many candidates there are: a thousand on many rows would else hold gigabytes of numbers."""
    seen = []
    meet = meeting.meet
    monkeypatch.setattr(meeting, "meet", lambda tasks: (seen.extend(tasks), meet(tasks)))
    estimator = KerasClassifier(build, validation_data=(rows[0][:20], rows[1][:20]))
    GridSearchCV(estimator, grid, cv=2, refit=False).fit(*rows)
    first, second, *others = [task.ask for task in seen]
    assert len(others) == 6
    assert not np.shares_memory(first.train, second.train)
    assert all(np.shares_memory(one.train, (first, second)[at % 2].train) for at, one in enumerate(others))
    assert all(np.shares_memory(one.validation, first.validation) for one in others)


def test_a_plain_function_is_an_estimator(build, rows):
    """The three lines: a function, a grid, fit; the best estimator predicts, and says how it was trained."""
    X, y = rows
    search = GridSearchCV(build, {"hidden_units": [2, 4], "batch_size": [16, 32]}, cv=2).fit(X, y)
    assert set(search.best_params_) == {"hidden_units", "batch_size"}
    assert search.best_estimator_.predict(X).shape == y.shape
    assert search.best_estimator_.model_.count_params() > 0
    assert search.best_estimator_.trained_by_


def test_a_pipeline_may_end_in_a_plain_model(build, compiled, rows):
    """A function or a Keras model as the last step is wrapped as one that is searched alone; the Pipeline stays."""
    pipeline = make_pipeline(StandardScaler(), build)
    search = GridSearchCV(pipeline, {"function__hidden_units": [2, 4]}, cv=2).fit(*rows)
    assert type(search.best_estimator_[-1]) is KerasClassifier
    assert search.predict(rows[0]).shape == (120,)
    assert search.estimator is pipeline
    assert pipeline[-1] is build
    within = searches.wrapped(make_pipeline(StandardScaler(), make_pipeline(compiled())), rows[0][:, 0])
    assert type(within[-1][-1]) is KerasRegressor


def test_an_unfitted_search_has_its_estimators_methods(build, compiled, rows):
    """As one of an estimator has, so that scikit-learn's tools take it; unfitted, it says so, and without refit why."""
    names = ("predict", "predict_proba", "decision_function", "transform", "score_samples")
    for one in (build, compiled()):
        found = [hasattr(GridSearchCV(one, {}), name) for name in names]
        assert found == [hasattr(GridSearchCV(KerasClassifier(one), {}), name) for name in names]
        assert found == [True, True, True, False, False]
    search = GridSearchCV(build, {"hidden_units": [3]}, cv=2)
    assert model_selection.cross_val_predict(search, *rows, cv=2).shape == rows[1].shape
    with pytest.raises(NotFittedError, match="not fitted yet"):
        search.predict(rows[0])
    unrefitted = search.set_params(refit=False)
    assert not hasattr(unrefitted, "predict")
    assert not hasattr(unrefitted.fit(*rows), "predict")


def test_random_and_halving_searches_draw_scikit_learns_candidates(estimator, grid, rows):
    """They are scikit-learn's own classes, so their candidates are too."""
    for ours, theirs, more in (
        (RandomizedSearchCV, model_selection.RandomizedSearchCV, {"n_iter": 3, "random_state": 1}),
        (HalvingGridSearchCV, model_selection.HalvingGridSearchCV, {"random_state": 1, "min_resources": 30}),
    ):
        found = [kind(estimator, grid, cv=2, **more).fit(*rows).cv_results_ for kind in (ours, theirs)]
        assert found[0]["params"] == found[1]["params"]
        assert found[0]["mean_test_score"] == pytest.approx(found[1]["mean_test_score"], abs=0.02)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_failed_fits_are_told_as_scikit_learn_tells_them(build, rows):
    """A candidate whose model can't be built scores NaN, with scikit-learn's warning; the others are trained."""
    search = GridSearchCV(KerasClassifier(build, random_state=0), {"hidden_units": [-1, 4]}, cv=2)
    with pytest.warns(model_selection._validation.FitFailedWarning, match="2 fits failed out of a total of 4"):
        search.fit(*rows)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [True, False]
    with pytest.raises(ValueError, match=r"units|Negative dimensions"):  # the layer's words, or those of older ones
        search.set_params(error_score="raise").fit(*rows)


@pytest.mark.parametrize("before", [0, 200])
def test_calls_whose_generator_fails_raise_what_it_raised(before):
    """Whether it fails before the first call or after many."""

    def calls():
        for _ in range(before):
            yield joblib.delayed(abs)(-1)
        raise ValueError("no more splits")

    with joblib.parallel_config("tunejob"), pytest.raises(ValueError, match="no more splits"):
        joblib.Parallel()(calls())


def test_tools_that_fit_within_fits_meet(estimator, rows):
    """A search nested in cross_val_score, and bagging, give what they give without the backend."""
    nested = model_selection.GridSearchCV(estimator, {"hidden_units": [2, 4]}, cv=2, scoring="neg_log_loss")
    bagging = BaggingClassifier(estimator, n_estimators=3, random_state=0)
    for one in (nested, bagging):
        alone = model_selection.cross_val_score(one, *rows, cv=2, scoring="neg_log_loss")
        with joblib.parallel_config("tunejob"):
            met = model_selection.cross_val_score(one, *rows, cv=2, scoring="neg_log_loss")
        assert met == pytest.approx(alone, abs=_NEAR)


def test_callbacks_go_by_keras_fit_and_say_so(build, rows):
    """A callback looks at one model, so its fits are trained alone."""
    import keras

    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch))
    found = KerasClassifier(build, epochs=3, callbacks=[callback]).fit(*rows)
    assert seen == [0, 1, 2]
    assert found.trained_by_.startswith("fit: ")
    with joblib.parallel_config("tunejob"):
        several = model_selection.cross_validate(found, *rows, cv=2, return_estimator=True)["estimator"]
    assert all("callbacks" in one.trained_by_ for one in several)


def test_early_stopping_and_weights_equal_those_alone(build, rows):
    """Validation rows, early stopping, class weights and sample weights: together as alone."""
    X, y = rows
    how = {"epochs": 8, "validation_split": 0.25, "early_stopping": {"patience": 1, "restore_best_weights": True}}
    estimator = KerasClassifier(build, random_state=3, class_weight={0: 1.0, 1: 3.0}, **how)
    weights = np.linspace(0.5, 2, len(y))
    search = GridSearchCV(estimator, {"learning_rate": [1e-2, 0.3]}, cv=2, scoring="neg_log_loss", refit=False)
    ours = search.fit(X, y, sample_weight=weights).cv_results_
    alone = model_selection.GridSearchCV(
        estimator, {"learning_rate": [1e-2, 0.3]}, cv=2, scoring="neg_log_loss", refit=False
    )
    assert ours["mean_test_score"] == pytest.approx(
        alone.fit(X, y, sample_weight=weights).cv_results_["mean_test_score"], abs=_NEAR
    )


class _Squared(KerasClassifier):
    """Trains on what its own ``fit`` makes of X."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X**2, y, sample_weight)


def test_a_fit_of_ones_own_is_called(build, grid, rows):
    """A subclass trains on what its ``fit`` hands on, in a search as by itself; one without such a fit is foreseen."""
    how = {"cv": 2, "scoring": "neg_log_loss"}
    estimator = _Squared(build, epochs=2, random_state=0)
    ours = GridSearchCV(estimator, grid, **how).fit(*rows)
    theirs = model_selection.GridSearchCV(estimator, grid, **how).fit(*rows)
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"], abs=_NEAR)
    raw = GridSearchCV(KerasClassifier(build, epochs=2, random_state=0), grid, **how).fit(*rows)
    assert abs(ours.cv_results_["mean_test_score"] - raw.cv_results_["mean_test_score"]).max() > 1e-3


def test_columns_of_a_list_are_counted(build, rows):
    """Rows as lists, in fits that were trained beforehand too."""
    X, y = rows
    found = model_selection.cross_validate(KerasClassifier(build), X.tolist(), y, cv=2, return_estimator=True)[
        "estimator"
    ]
    with joblib.parallel_config("tunejob"):
        found += model_selection.cross_validate(KerasClassifier(build), X.tolist(), y, cv=2, return_estimator=True)[
            "estimator"
        ]
    assert [one.n_features_in_ for one in found] == [6] * 4
