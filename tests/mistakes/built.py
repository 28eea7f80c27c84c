"""Mistakes that show when the data is loaded and a model is built."""

from mistakes.told import DATA, MODEL


def model(old: str, new: str) -> dict[str, bytes]:
    """The model with one thing changed."""
    assert old in MODEL
    return {"model.py": MODEL.replace(old, new).encode()}


def data(lines: str) -> dict[str, bytes]:
    """A loader of these lines."""
    return {
        "data.py": f"{DATA}\ndef load():\n    X, y = np.ones((30, 3), 'float32'), np.arange(30) % 2\n{lines}".encode()
    }


BUILT = [
    ({}, model("(3,)", "(4,)"), "X has shape (rows, 3), and the model takes (rows, 4) (model.py line 6)"),
    ({}, model("    return model", "    model"), "build returned nothing"),
    ({}, model('    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])\n', ""), "is not compiled"),
    ({}, model("L.Dense(1,", "L.Dense(3,"), "the model's outputs have shape (rows, 3)"),
    ({}, model("binary_crossentropy", "categorical_crossentropy"), "categorical_crossentropy"),
    ({}, model('L.Dense(units, "relu")', 'L.Dense(units, "rleu")'), "rleu"),
    ({"model": "model:model"}, model("    return model\n", "    return model\n\nmodel = build()\n"), "is a model; "),
    ({}, model("import keras\n", "import keras\nimport nothing_of_that_name\n"), "is not installed here"),
    ({"scoring": "r2"}, {}, "`r2` scores amounts, and y holds classes (y has 2 different integers): write `accuracy`"),
    ({"fit": "{early_stopping: {monitor: val_loss}}"}, {}, "no rows are held out to measure it on"),
    ({"fit": "{validation_split: 0.2, early_stopping: {monitor: val_acc}}"}, {}, "Did you mean `val_accuracy`?"),
    ({"fit": "{callbacks: ['model:build']}"}, {}, "allowed is a keras.callbacks.Callback"),
    ({"scoring": "'sklearn.metrics:f1_score'"}, {}, "is a metric, not a scorer. Write `f1`"),
    ({"fit": "{class_weight: {yes: 2}}"}, {}, "there is no class 'yes'"),
    ({}, data("    return X"), "End it with: return X, y"),
    ({}, data("    return X, y[:-1]"), "each row needs both"),
    ({}, data("    return (X, y), (X[:9], y[:9])"), "returned train and test pairs; return one X and y"),
    ({}, data("    X[3, 1] = np.nan\n    return X, y"), "nan in row 3, column 1"),
    ({}, data("    return X, np.zeros(30, int)"), "y has a single class"),
    ({}, data("    return X.tolist(), y"), "X = np.asarray(X)"),
    ({}, data("    return undefined, y"), "NameError: name 'undefined' is not defined (data.py, line"),
    ({"data": "data:X"}, data("    return X, y\n\nX = load()[0]\n"), "needed is a function that returns the rows"),
    ({"cv": "GroupKFold"}, {}, "needs groups, and there are none"),
    ({}, data("    import pandas as pd\n    return pd.DataFrame({'age': range(30), 'city': ['ulm', 'bonn'] * 15}), y"),
     "as column `city` holds words: each column arrives as an input of its own"),
]  # fmt: skip
"""Those that show when the data is loaded and a model is built."""
