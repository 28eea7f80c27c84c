"""All rows of a study on the device, once; every fit takes its batches from them by number."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train import feeding
from job.train.fits import Material
from job.train.together.step import mapped_rows


@dataclass(frozen=True, eq=False)
class DeviceRows:
    """Rows as tensors.

    Attributes:
        inputs, targets: their structures, with anything at the leaves.
        tensors: inputs, then targets, each of n rows; then, when weighted, each row's weight and class.
        weighted: whether rows have weights: of their own, of their class, or both (then their product).
        kinds: the type of an input of floats in a batch, though it may lie in a file as other floats; "" of others.
    """

    inputs: Any
    targets: Any
    tensors: list[Any]
    weighted: bool
    kinds: tuple[str, ...]

    @property
    def specs(self) -> list[Any]:
        """Shapes and types of the tensors, for any number of rows."""
        return [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in self.tensors]

    def batch(self, tensors: list[Any], rows: Any, classes: Any) -> tuple[Any, Any, Any]:
        """Inputs, targets and weights of some rows; ``classes`` are one fit's class weights."""
        taken = [tf.gather(tensor, rows) for tensor in tensors]
        weights = taken[-2] * tf.gather(classes, taken[-1]) if self.weighted else None
        count = len(self.kinds)
        ends = len(taken) - 2 if self.weighted else len(taken)
        of_kinds = [tf.cast(one, kind) if kind else one for one, kind in zip(taken, self.kinds, strict=False)]
        x = keras.tree.pack_sequence_as(self.inputs, of_kinds)
        return x, keras.tree.pack_sequence_as(self.targets, taken[count:ends]), weights


def make(material: Material, targets: Any, *, weighted: bool) -> DeviceRows:
    """Puts all rows on the device.

    Args:
        material: the study's rows.
        targets: in the form the model's loss wants.
        weighted: whether any fit weighs rows.
    """
    inputs = feeding.mapped(_tensor, material.X)
    tensors = list(keras.tree.flatten(inputs))
    tensors += [tf.convert_to_tensor(one) for one in keras.tree.flatten(targets)]
    if weighted:
        tensors += [tf.constant(_weights(material)), tf.constant(_codes(material))]
    kinds = tuple(keras.tree.flatten(feeding.mapped(_kind, material.X)))
    return DeviceRows(_skeleton(inputs), _skeleton(targets), tensors, weighted, kinds)


def _kind(array: Array) -> str:
    return keras.config.floatx() if array.dtype.kind == "f" else ""


def _tensor(array: Array) -> Any:
    """Rows in a file where they lie; others on the device, in the form that models take."""
    found = mapped_rows.tensor(array)
    return tf.convert_to_tensor(feeding.ready(array)) if found is None else found


def _skeleton(structure: Any) -> Any:
    return keras.tree.map_structure(lambda _: 0, structure)


def _weights(material: Material) -> Array:
    weight = material.sample_weight
    return np.ones(len(material.encoded), np.float32) if weight is None else weight.astype(np.float32, copy=False)


def _codes(material: Material) -> Array:
    """Each row's class, for its weight; 0 where classes have none."""
    if material.classes is None or material.encoded.ndim > 1:
        return np.zeros(len(material.encoded), np.int32)
    return material.encoded.astype(np.int32)
