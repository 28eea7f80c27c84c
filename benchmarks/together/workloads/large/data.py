"""9,000 made-up rows of 512 numbers."""

from sklearn.datasets import make_classification


def load():
    """X, y."""
    x, y = make_classification(n_samples=9000, n_features=512, n_informative=60, random_state=0)
    return x.astype("float32"), y
