"""How the extents of an operation's result follow from those of what it is given, operation by operation."""

from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

_SAME = frozenset(
    {
        *("Identity", "StopGradient", "Cast", "Neg", "Abs", "Exp", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Sign"),
        *("Sigmoid", "Tanh", "Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign", "Softmax"),
        *("LogSoftmax", "Reciprocal", "Erf", "Floor", "LogicalNot", "ZerosLike", "OnesLike", "Bitcast", "BiasAdd"),
        *("Cumsum", "IsFinite", "IsNan", "ClipByValue", "Sin", "Cos", "CheckNumerics"),
    }
)
_BROADCAST = frozenset(
    {
        *("AddV2", "Add", "Sub", "Mul", "RealDiv", "Div", "DivNoNan", "Maximum", "Minimum", "Pow", "SquaredDifference"),
        *("FloorMod", "Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"),
        *("Select", "SelectV2", "BitwiseAnd", "BitwiseOr"),
    }
)
_REDUCED = frozenset({"Sum", "Mean", "Max", "Min", "Prod", "All", "Any"})
_FIRST = _SAME | _REDUCED | {"Transpose", "ExpandDims", "Squeeze"}
_ALL = _BROADCAST | {"MatMul", "GatherV2", "Split", "ConcatV2", "StridedSlice", "Unpack"}
_TOLD = {"Fill": 0, "StatelessRandomUniformFullInt": 0, "Reshape": 1, "BroadcastTo": 1}
"""Operations whose shape is one of their inputs: which."""

Made = tuple[Any, ...] | None


class Known(Protocol):
    """What is known so far."""

    def of(self, tensor: Any) -> tuple[Any, ...]:
        """The extents of a tensor."""

    def unify(self, a: Any, b: Any) -> None:
        """Takes note that two extents are the same."""


def needed(tensor: Any) -> list[Any]:
    """What has to be known to know the extents of a tensor."""
    operation = tensor.op
    if tensor.shape.rank is None or tensor.shape.is_fully_defined():
        return []
    if operation.type in _FIRST:
        given = [operation.inputs[0]]
    elif operation.type in _ALL:
        given = list(operation.inputs)
    else:
        given = [one[0] for one in _told(operation) if isinstance(one, tuple)]
    return [one for one in given if one.shape.rank is not None]


def made(tensor: Any, known: Known) -> Made:
    """The extents of a tensor, None in the place of those that are its own; None when all are."""
    operation = tensor.op
    unclear = tensor.shape.rank is None or any(one.shape.rank is None for one in operation.inputs)
    if unclear or tensor.shape.is_fully_defined():
        return None
    return _RULES.get(operation.type, _as_told)(operation, known)


def _as_told(operation: Any, known: Known) -> Made:
    return tuple(known.of(one[0])[one[1]] if isinstance(one, tuple) else one for one in _told(operation))


def _told(operation: Any) -> list[Any]:
    """The shape that an operation was told to make: numbers, (tensor, axis) where it is that of another, or None."""
    place = _TOLD.get(operation.type)
    if place is None:
        return []
    shape = operation.inputs[place].op
    if shape.type == "Shape" and shape.inputs[0].shape.rank is not None:
        return [(shape.inputs[0], axis) for axis in range(shape.inputs[0].shape.rank)]
    return [_size(one) for one in shape.inputs] if shape.type == "Pack" else []


def _size(scalar: Any) -> Any:
    """One number of a shape, when it is constant or taken from the shape of another tensor."""
    value = tf.get_static_value(scalar)
    if value is not None:
        return int(value) if value >= 0 else None
    while scalar.op.type in ("Identity", "Cast"):
        scalar = scalar.op.inputs[0]
    if scalar.op.type != "StridedSlice" or scalar.op.inputs[0].op.type != "Shape":
        return None
    axis, tensor = tf.get_static_value(scalar.op.inputs[1]), scalar.op.inputs[0].op.inputs[0]
    if axis is None or axis.size != 1 or tensor.shape.rank is None:
        return None
    return tensor, int(axis.reshape(-1)[0]) % tensor.shape.rank


def _unchanged(operation: Any, known: Known) -> Made:
    return known.of(operation.inputs[0])


def _broadcast(operation: Any, known: Known) -> Made:
    sides = [known.of(one) for one in operation.inputs]
    rank = max(map(len, sides))
    padded = [(1,) * (rank - len(side)) + tuple(side) for side in sides]
    found = []
    for extents in zip(*padded, strict=True):
        longer = {one for one in extents if one != 1}
        found.append(1 if not longer else longer.pop() if len(longer) == 1 else None)
    return tuple(found)


def _reduced(operation: Any, known: Known) -> Made:
    axes = tf.get_static_value(operation.inputs[1])
    given = known.of(operation.inputs[0])
    if axes is None:
        return None
    over = {int(axis) % len(given) for axis in axes.reshape(-1)}
    if operation.get_attr("keep_dims"):
        return tuple(1 if axis in over else one for axis, one in enumerate(given))
    return tuple(one for axis, one in enumerate(given) if axis not in over)


def _product(operation: Any, known: Known) -> Made:
    a, b = (known.of(one) for one in operation.inputs)
    a = a[::-1] if operation.get_attr("transpose_a") else a
    b = b[::-1] if operation.get_attr("transpose_b") else b
    known.unify(a[1], b[0])
    return a[0], b[1]


def _gathered(operation: Any, known: Known) -> Made:
    table, rows, axis = operation.inputs
    if tf.get_static_value(axis) != 0 or operation.get_attr("batch_dims") != 0:
        return None
    return known.of(rows) + known.of(table)[1:]


def _transposed(operation: Any, known: Known) -> Made:
    order = tf.get_static_value(operation.inputs[1])
    given = known.of(operation.inputs[0])
    return None if order is None else tuple(given[place] for place in order)


def _expanded(operation: Any, known: Known) -> Made:
    axis = tf.get_static_value(operation.inputs[1])
    given = list(known.of(operation.inputs[0]))
    if axis is None:
        return None
    at = int(axis.reshape(-1)[0])
    given.insert(at % (len(given) + 1), 1)
    return tuple(given)


def _squeezed(operation: Any, known: Known) -> Made:
    given = known.of(operation.inputs[0])
    axes = {axis % len(given) for axis in operation.get_attr("squeeze_dims")}
    return tuple(one for axis, one in enumerate(given) if axis not in axes) if axes else None


def _split(operation: Any, known: Known) -> Made:
    axis, given = tf.get_static_value(operation.inputs[0]), known.of(operation.inputs[1])
    return None if axis is None else _but(given, int(axis))


def _joined(operation: Any, known: Known) -> Made:
    axis, given = tf.get_static_value(operation.inputs[-1]), known.of(operation.inputs[0])
    return None if axis is None else _but(given, int(axis))


def _but(given: tuple[Any, ...], axis: int) -> Made:
    """The extents of what is cut or joined along an axis."""
    return tuple(None if place == axis % len(given) else one for place, one in enumerate(given))


def _unpacked(operation: Any, known: Known) -> Made:
    given = known.of(operation.inputs[0])
    axis = operation.get_attr("axis") % len(given)
    return given[:axis] + given[axis + 1 :]


def _sliced(operation: Any, known: Known) -> Made:
    """Single places and whole axes, from the first on."""
    masks = {
        name: operation.get_attr(f"{name}_mask") for name in ("begin", "end", "shrink_axis", "new_axis", "ellipsis")
    }
    strides = tf.get_static_value(operation.inputs[3])
    if masks["new_axis"] or masks["ellipsis"] or strides is None:
        return None
    given, found = known.of(operation.inputs[0]), []
    for axis, one in enumerate(given):
        bit = 1 << axis
        whole = axis >= len(strides) or (masks["begin"] & bit and masks["end"] & bit and strides[axis] == 1)
        if not (axis < len(strides) and masks["shrink_axis"] & bit):
            found.append(one if whole else None)
    return tuple(found)


_RULES: dict[str, Callable[[Any, Known], Made]] = {
    "MatMul": _product,
    "GatherV2": _gathered,
    "Transpose": _transposed,
    "ExpandDims": _expanded,
    "Squeeze": _squeezed,
    "Split": _split,
    "ConcatV2": _joined,
    "Unpack": _unpacked,
    "StridedSlice": _sliced,
    **dict.fromkeys(_SAME, _unchanged),
    **dict.fromkeys(_BROADCAST, _broadcast),
    **dict.fromkeys(_REDUCED, _reduced),
}
