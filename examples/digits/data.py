"""1,797 images of handwritten digits, 8 by 8 pixels each."""

from sklearn.datasets import load_digits


def load():
    digits = load_digits()
    return digits.images[..., None].astype("float32"), digits.target
