"""The rows of one fit as Keras ``fit`` is fed them, each with its weight."""

from typing import Any

import numpy as np

from job.data.rows import Array
from job.train.feeding import Feed
from job.train.fits import FitRequest, Material


def training(request: FitRequest, material: Material, y: Any) -> Feed:
    """The rows that a fit trains on, in its own order; ``y`` of all rows, as its loss takes it."""
    return Feed(
        material.X,
        request.train,
        request.settings.batch_size,
        y=y,
        weights=weights(request, material),
        seed=request.seed if request.settings.shuffle else None,
    )


def validation(request: FitRequest, material: Material, y: Any) -> Feed | None:
    """The rows that it holds out, without class weights, as Keras has it; None where it holds out none."""
    rows, given = request.validation, material.sample_weight
    if not len(rows):
        return None
    of_rows = None if given is None else given[rows]
    return Feed(material.X, rows, request.settings.batch_size, y=y, weights=of_rows, purpose="validate")


def weights(request: FitRequest, material: Material) -> Array | None:
    """A weight for each row the fit trains on: sample weight times class weight; None when there is neither."""
    found = None if material.sample_weight is None else material.sample_weight[request.train]
    if request.class_weight is None:
        return found
    per_class = np.ones(material.classes or 1)
    for index, weight in request.class_weight.items():
        per_class[index] = weight
    of_class = per_class[material.encoded[request.train]]
    return (of_class if found is None else found * of_class).astype(np.float32)
