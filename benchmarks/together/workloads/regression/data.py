"""20,000 rows of Friedman's first function of ten numbers, standardized."""

from sklearn.datasets import make_friedman1


def load():
    """X, y."""
    x, y = make_friedman1(n_samples=20_000, n_features=10, noise=1.0, random_state=0)
    return x.astype("float32"), ((y - y.mean()) / y.std()).astype("float32")
