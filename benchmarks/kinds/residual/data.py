"""2,000 made-up rows of 50 numbers."""

from sklearn.datasets import make_classification


def load():
    """X, y."""
    x, y = make_classification(n_samples=2000, n_features=50, n_informative=15, random_state=0)
    return x.astype("float32"), y
