"""Keras estimators in place of scikit-learn's own, where one of its tests takes any classifier."""

from job import KerasClassifier

TESTS = (
    "test_callable_multimetric_confusion_matrix",
    "test_callable_multimetric_error_on_invalid_key",
    "test_callable_multimetric_same_as_list_of_strings",
    "test_callable_single_metric_same_as_single_string",
    "test_classes__property",
    "test_cross_val_predict_predict_proba_shape",
    "test_cross_val_score_mask",
    "test_cross_validate_many_jobs",
    "test_cross_validate_return_indices",
    "test_fit_and_score_verbosity",
    "test_grid_search_correct_score_results",
    "test_grid_search_cv_results",
    "test_grid_search_cv_results_multimetric",
    "test_grid_search_cv_splits_consistency",
    "test_grid_search_groups",
    "test_groups_support",
    "test_random_search_cv_results",
    "test_refit_callable_multi_metric",
    "test_refit_callable_out_bound",
    "test_search_cv_results_none_param",
    "test_search_cv_verbose_3",
    "test_search_train_scores_set_to_false",
    "test_validation_curve_cv_splits_consistency",
)
"""Those that do: they look at what a search or a tool makes of its scores, and not at what an SVM scores."""
NAMES = ("LinearSVC", "SVC", "LogisticRegression")
"""What the stand-in takes the place of in them."""


def linear(meta, C=1.0, gamma=0.1, kernel="rbf", degree=3):
    """A linear model for any rows, with the parameters of an SVM: ``C`` decides how fast it learns."""
    import keras

    outputs = meta["n_outputs_expected_"]
    layer = keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")
    model = keras.Sequential([keras.Input(meta["X_shape_"][1:]), layer])
    loss = "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.1 * min(C, 1)), loss)
    return model


def stand_in(*, random_state=0, **parameters):
    """An estimator, made as an SVM is."""
    return KerasClassifier(linear, epochs=5, random_state=random_state, **parameters)
