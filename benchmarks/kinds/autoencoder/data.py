"""1,797 handwritten digits of 64 pixels; y is x."""

from sklearn.datasets import load_digits


def load():
    """X, y."""
    x = (load_digits().data / 16).astype("float32")
    return x, x
