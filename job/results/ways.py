"""What the names of ways of training mean, for who reads them in a report or a plan."""

_FIT = "one by one, by Keras fit"
_TOGETHER = "many fits at once, as one TensorFlow graph"
_SHAPES = {
    "any-shape": "traced once for layers of all sizes",
    "one-shape": "traced for layers of these sizes",
}
_COMPILED = {
    "graph": "",
    "XLA": ", compiled by XLA before the first epoch",
    "graph, then XLA": ", and compiled by XLA while it trained",
}


def explained(way: str) -> str:
    """Return a line that says what a way of training is; the name itself where there is none.

    Args:
        way: as result lines have it, such as "fit" or "any-shape graph".
    """
    if way == "fit":
        return _FIT
    if way == "none":
        return "not trained: building or training it ended its worker"
    if way == "estimator":
        return "scikit-learn fits each fold's Pipeline as written; the Keras models of many of them train together"
    shape, _, rest = way.partition(" ")
    if shape not in _SHAPES or rest not in _COMPILED:
        return way
    return f"{_TOGETHER}, {_SHAPES[shape]}{_COMPILED[rest]}"
