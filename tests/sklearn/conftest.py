"""Small rows and a function that builds a model for them."""

import pytest


@pytest.fixture(scope="session")
def rows():
    """120 rows of two classes."""
    from sklearn.datasets import make_classification

    X, y = make_classification(120, 6, n_informative=4, random_state=0)
    return X.astype("float32"), y


@pytest.fixture(scope="session")
def build():
    """A function as users write it."""

    def build(hidden_units=4, learning_rate=1e-2):
        import keras

        model = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(hidden_units, "relu"), keras.layers.Dense(1, "sigmoid")]
        )
        model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
        return model

    return build


@pytest.fixture(scope="session")
def grid():
    """Two shapes, two rates."""
    return {"hidden_units": [4, 8], "learning_rate": [1e-2, 1e-1]}


@pytest.fixture(scope="session")
def compiled():
    """Makes a compiled model of named layers, to be a template."""

    def make():
        import keras

        wide = keras.layers.Dense(8, "relu", name="wide")
        dropout = keras.layers.Dropout(0.5, name="dropout")
        model = keras.Sequential([keras.Input((6,)), wide, dropout, keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    return make


def _for_any_rows(meta, hidden_units=8):
    import keras

    outputs = meta["n_outputs_expected_"]
    kind = meta["target_type_"]
    last = {"continuous": "linear", "multiclass": "softmax"}.get(kind, "sigmoid")
    loss = {"continuous": "mse", "multiclass": "sparse_categorical_crossentropy"}.get(kind, "binary_crossentropy")
    hidden = keras.layers.Dense(hidden_units, "relu")
    model = keras.Sequential([keras.Input(meta["X_shape_"][1:]), hidden, keras.layers.Dense(outputs, last)])
    model.compile(keras.optimizers.Adam(0.05), loss)
    return model


@pytest.fixture(scope="session")
def for_any_rows():
    """A function that makes a model for any rows: ``meta`` says what they are. Pickles find it by its name."""
    return _for_any_rows
