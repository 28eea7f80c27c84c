"""A fit by Keras: the same as plain Keras fed the same order, whatever the study sets."""

import keras
import numpy as np
import pytest
from train import models, plain
from train.cases import Case

from job.train.patches import keras_state
from job.train.programs import Programs

rng = np.random.default_rng(7)
X = rng.normal(size=(90, 6)).astype("float32")
Y = (X[:, 0] + 0.3 * rng.normal(size=90) > 0).astype(int)
WEIGHT = rng.uniform(0.5, 2.0, 90).astype("float32")
VAL = {"epochs": 6, "batch_size": 16, "validation_split": 0.25}


def assert_same(history, expected):
    """Equal to rounding, metric by metric and epoch by epoch."""
    assert set(history) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_history_and_predictions_are_those_of_plain_keras():
    """Weights, masks and order of rows come from the seed alone, so that plain Keras can do the same fit."""
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 3, "batch_size": 16}})
    params = {"units": 5, "rate": 0.4, "metrics": ("accuracy", "auc")}
    trained = case.train(params)
    request = trained.request
    model, history = plain.fit(models.dense, params, X[:60], Y[:60], request.seed, batch_size=16, epochs=3, traced=True)
    assert trained.failure is None
    assert trained.epochs == 3
    assert_same(trained.history, history)
    np.testing.assert_allclose(trained.test_outputs, model.predict(X[60:], verbose=0), atol=1e-6)


def test_caps_of_keras_end_training_early_and_leave_no_row_unpredicted():
    """An epoch of one step, as ``KERAS_MAX_EPOCHS`` and its like ask for; the test rows are more than a step's."""
    case = Case(models.dense, np.repeat(X, 9, axis=0), np.repeat(Y, 9), settings={"fit": {"epochs": 2}})
    with keras_state.kept():
        keras.config.set_max_epochs(1)
        keras.config.set_max_steps_per_epoch(1)
        with pytest.warns(UserWarning, match="Limiting"):
            trained = case.train({"units": 2})
        assert (keras.config.max_epochs(), keras.config.max_steps_per_epoch()) == (1, 1)
    assert trained.failure is None
    assert trained.epochs == 1
    assert trained.test_outputs.shape == (270, 1)


def test_without_shuffle_rows_keep_their_order():
    """``shuffle: false`` trains on the fold's rows as they are, as Keras does."""
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 2, "batch_size": 16, "shuffle": False}})
    trained = case.train({"units": 5})
    keras.utils.set_random_seed(trained.request.seed & 0xFFFFFFFF)
    model = models.dense(units=5)
    history = model.fit(X[:60], Y[:60], batch_size=16, epochs=2, shuffle=False, verbose=0).history
    assert_same(trained.history, history)


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping_stops_and_restores_as_in_plain_keras(restore):
    """Validation rows are the last of the fold's; the same epochs are run and the same weights kept."""
    stopping = {"monitor": "val_loss", "patience": 1, "restore_best_weights": restore}
    case = Case(models.dense, X, Y, settings={"fit": VAL | {"epochs": 30, "early_stopping": stopping}})
    trained = case.train({"units": 5, "learning_rate": 0.1})
    model, history = plain.fit(
        models.dense, {"units": 5, "learning_rate": 0.1}, X[:45], Y[:45], trained.request.seed,
        batch_size=16, epochs=30, validation_data=(X[45:60], Y[45:60]),
        callbacks=[keras.callbacks.EarlyStopping(**stopping)], traced=True
    )  # fmt: skip
    assert trained.epochs == len(history["loss"]) < 30
    assert_same(trained.history, history)
    np.testing.assert_allclose(trained.test_outputs, model.predict(X[60:], verbose=0), atol=1e-5)


def test_sample_and_class_weights_multiply():
    """Training rows weigh sample weight times class weight; validation rows their sample weight, as in Keras."""
    settings = VAL | {"epochs": 2, "class_weight": {"0": 1.0, "1": 3.0}}
    case = Case(models.dense, X, Y, sample_weight=WEIGHT, settings={"fit": settings})
    trained = case.train({"units": 5})
    _, history = plain.fit(
        models.dense, {"units": 5}, X[:45], Y[:45], trained.request.seed, batch_size=16, epochs=2,
        weights=WEIGHT[:45] * np.where(Y[:45] == 1, 3.0, 1.0).astype("float32"),
        validation_data=(X[45:60], Y[45:60], WEIGHT[45:60]), traced=True
    )  # fmt: skip
    assert_same(trained.history, history)


def test_class_weights_alone_are_those_of_keras():
    """Class weights become sample weights exactly as Keras's own ``class_weight`` does."""
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 2, "class_weight": {0: 0.5, 1: 2.0}}})
    trained = case.train({"units": 5})
    _, history = plain.fit(
        models.dense,
        {"units": 5},
        X[:60],
        Y[:60],
        trained.request.seed,
        epochs=2,
        class_weight={0: 0.5, 1: 2.0},
        traced=True,
    )
    assert_same(trained.history, history)


def stepping(steps):
    """A model that runs several steps at once."""
    model = models.dense(units=5)
    model.compile(loss="binary_crossentropy", steps_per_execution=steps)
    return model


def test_several_steps_per_execution_keep_epochs_apart():
    """A model compiled to run several steps at once does not run on into the next epoch's rows."""
    case = Case(stepping, X, Y, settings={"fit": {"epochs": 3, "batch_size": 16}})
    trained = case.train({"steps": 3})
    model, history = plain.fit(
        stepping, {"steps": 1}, X[:60], Y[:60], trained.request.seed, batch_size=16, epochs=3, traced=True
    )
    assert_same(trained.history, history)
    np.testing.assert_allclose(trained.test_outputs, model.predict(X[60:], verbose=0), atol=1e-6)


def inputs_dict():
    """A model of two columns, one of them text."""
    a, b = keras.Input((1,), name="a"), keras.Input((1,), name="word", dtype="string")
    lookup = keras.layers.StringLookup(vocabulary=["x", "y"], output_mode="one_hot")
    out = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Concatenate()([a, lookup(b)]))
    model = keras.Model({"a": a, "word": b}, out)
    model.compile(loss="binary_crossentropy")
    return model


def inputs_tuple():
    """A model of two inputs by position."""
    a, b = keras.Input((1,)), keras.Input((3,))
    out = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Concatenate()([a, b]))
    model = keras.Model((a, b), out)
    model.compile(loss="binary_crossentropy")
    return model


class Subclassed(keras.Model):
    """A model that knows its shapes only when it is called."""

    def __init__(self):
        super().__init__()
        self.hidden, self.drop = keras.layers.Dense(4, activation="relu"), keras.layers.Dropout(0.3)
        self.out = keras.layers.Dense(1, activation="sigmoid")

    def call(self, x, *, training=False):
        """As Keras calls it."""
        return self.out(self.drop(self.hidden(x), training=training))


def subclassed():
    """A compiled one."""
    model = Subclassed()
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    return model


def unbuilt():
    """A Sequential that does not know its input's width."""
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(loss="binary_crossentropy")
    return model


WORDS = np.where(Y == 1, "x", "y").astype(object)
COLUMNS = {"a": X[:, 0], "word": WORDS}


@pytest.mark.parametrize(
    ("build", "inputs"),
    [
        (inputs_dict, COLUMNS),
        (inputs_tuple, (X[:, :1], X[:, 1:4])),
        (subclassed, X),
        (unbuilt, X.astype("float64")),
    ],
    ids=["columns with text", "tuple", "subclassed", "unbuilt"],
)
def test_every_kind_of_model_and_input_trains_and_repeats(build, inputs):
    """Several inputs, text, and models without shapes train, and the same fit gives bit-equal results again."""
    case = Case(build, inputs, Y, settings={"fit": VAL | {"epochs": 2}})
    first, second = case.train(), case.train()
    assert first.failure is None
    assert first.test_outputs.shape == (30, 1)
    assert first.history == second.history
    assert np.array_equal(first.test_outputs, second.test_outputs)


def with_auc(units):
    """A model with a metric that Keras names."""
    model = models.dense(units=units)
    model.compile(loss="binary_crossentropy", metrics=[keras.metrics.AUC()])
    return model


def test_metrics_have_the_same_names_in_every_fit():
    """Keras counts automatic names (auc, auc_1, …) through a process; a fit does not see the fits before it."""
    case = Case(with_auc, X, Y, settings={"fit": {"epochs": 1}})
    assert [set(case.train({"units": units}).history) for units in (3, 4)] == [{"loss", "auc"}] * 2


def test_a_fit_does_not_see_the_fits_before_it():
    """A model traced for one fit and used again gives bit by bit what a fresh process gives."""
    case = Case(models.dense, X, Y, settings={"fit": VAL | {"epochs": 4}})
    params = {"units": 7, "rate": 0.5, "learning_rate": 0.02, "metrics": ("accuracy",)}
    other = params | {"learning_rate": 0.3, "epochs": 9, "batch_size": 8}
    fresh = case.train(params)
    assert case.kept.built == 1
    case.train(other)
    again = case.train(params)
    assert case.kept.built == 1
    assert fresh.history == again.history
    assert np.array_equal(fresh.test_outputs, again.test_outputs)
    case.kept = Programs()
    once_more = case.train(params)
    assert np.array_equal(fresh.test_outputs, once_more.test_outputs)


def own_optimizer(units=4):
    """A model stepped by an optimizer that begins from the weights, as Keras's ``ScheduleFreeAdamW`` does."""

    class Pulled(keras.optimizers.Optimizer):
        def build(self, variables):
            if not self.built:
                super().build(variables)
                self.first = [self.add_variable_from_reference(one, "first") for one in variables]
                for first, one in zip(self.first, variables, strict=True):
                    first.assign(one)

        def update_step(self, gradient, variable, learning_rate):
            first = self.first[self._get_variable_index(variable)]
            variable.assign(0.5 * (variable + first) - learning_rate * gradient)

    model = models.dense(units=units)
    model.compile(Pulled(0.1), loss="binary_crossentropy")
    return model


def schedule_free(units=4):
    """Keras's own, where it has it."""
    model = models.dense(units=units)
    kind = getattr(keras.optimizers, "ScheduleFreeAdamW", keras.optimizers.AdamW)
    model.compile(kind(0.05), loss="binary_crossentropy")
    return model


def schedule_free_within(units=4):
    """The same for some of the weights, where Keras has optimizers of several."""
    model = schedule_free(units)
    if hasattr(keras.optimizers, "MultiOptimizer"):
        chosen = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.05), {".*kernel": model.optimizer})
        model.compile(keras.optimizers.MultiOptimizer(chosen), loss="binary_crossentropy")
    return model


@pytest.mark.parametrize("build", [own_optimizer, schedule_free, schedule_free_within])
def test_an_optimizer_that_begins_from_weights_is_built_by_keras(build):
    """Whatever Keras makes of it: of two fits that could share a compiled model each is as by plain Keras."""
    case = Case(build, X, Y, settings={"fit": {"epochs": 1, "batch_size": 16}})
    for _ in range(2):
        trained = case.train({"units": 5})
        model, history = plain.fit(
            build, {"units": 5}, X[:60], Y[:60], trained.request.seed, batch_size=16, epochs=1, traced=True
        )
        assert_same(trained.history, history)
        np.testing.assert_allclose(trained.test_outputs, model.predict(X[60:], verbose=0), atol=1e-6)
