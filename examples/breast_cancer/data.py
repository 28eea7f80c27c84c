"""Measurements of 569 tumours: 30 numbers each, and whether it was benign."""

from sklearn.datasets import load_breast_cancer


def load():
    return load_breast_cancer(return_X_y=True)
