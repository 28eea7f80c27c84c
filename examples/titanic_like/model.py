"""A Pipeline of scikit-learn: what fills in, scales and encodes is fitted on each fold's training rows alone."""

import keras
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from job import KerasClassifier

NUMBERS = ["age", "fare", "relatives"]
WORDS = ["sex", "ticket", "port"]


def network(meta, units=16, learning_rate=1e-2):
    # How many columns the encoders make is known in each fold: `meta` says so.
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((meta["n_features_in_"],)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    return model


def build():
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    columns = ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, WORDS)])
    return Pipeline([("columns", columns), ("network", KerasClassifier(network, random_state=0))])
