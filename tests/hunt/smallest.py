"""The smallest studies with rows of the tables: one for several rows where they go into one model."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from hunt import layers, tables
from hunt.layers import FIT, LAYERS, NONE, TOGETHER
from hunt.made import Drawing, M, Make, V
from hunt.study import HEADS, SHAPES, Draw

ROOMS: dict[str, Any] = {
    "layers": LAYERS, "losses": tables.LOSSES, "metrics": tables.METRICS, "optimizers": tables.OPTIMIZERS,
    "initializers": tables.INITIALIZERS, "regularizers": tables.REGULARIZERS, "constraints": tables.CONSTRAINTS,
    "optimizers.schedules": tables.SCHEDULES,
}  # fmt: skip
"""Every table, by what of Keras it is about."""
EACH = 5
"""Rows of one study, at most."""


def room(name: str) -> Any:
    """What of Keras a table is about."""
    return keras.optimizers.schedules if name == "optimizers.schedules" else getattr(keras, name)


def rows() -> list[str]:
    """All rows that can be in a model and that this Keras has: ``layers.Dense``."""
    return [
        f"{where}.{name}"
        for where, table in ROOMS.items()
        for name, row in table.items()
        if row.way != NONE and hasattr(room(where), layers.CALLED.get(name, name))
    ]


def bundles() -> list[tuple[str, ...]]:
    """All rows, those together that go into one model."""
    alike: dict[Any, list[str]] = {}
    for name in rows():
        alike.setdefault(_alike(name), []).append(name)
    return [tuple(names[at : at + EACH]) for names in alike.values() for at in range(0, len(names), EACH)]


def way(names: Sequence[str]) -> str:
    """How the tables say that a study with these rows is trained."""
    return FIT if any(row(name).way == FIT for name in names) else TOGETHER


def row(name: str) -> Any:
    """A row of a table."""
    where, _, own = name.rpartition(".")
    return ROOMS[where][own]


def _alike(name: str) -> Any:
    """Equal for rows that go into one model."""
    where, found = name.rpartition(".")[0], row(name)
    if found.way == FIT or where in ("losses", "optimizers", "optimizers.schedules"):
        return name
    if where == "metrics":
        return where, found.goes[0]
    if where != "layers":
        return "weights"
    goes_on = found.gives == "same" and found.takes in ("row", "steps", "image", "volume")
    return (found.takes,) if goes_on or found.takes in (found.gives, "two rows") else name


def study(names: Sequence[str]) -> Draw:
    """A study with some rows of one bundle: two trials, of the first and of the last of each param's values."""
    drawing = Drawing(random.Random(names[0]), varying=1.0)  # noqa: S311
    draw = Draw(len(names[0]), list(names), settings={"epochs": 2, "batch_size": 16})
    rate = drawing.chosen(V(0.005, 0.01))
    draw.compiled = {"loss": M("losses.BinaryCrossentropy"), "optimizer": M("optimizers.SGD", learning_rate=rate)}
    for place, name in enumerate(names):
        where, _, own = name.rpartition(".")
        make = drawing.chosen(Make(f"{where}.{layers.CALLED.get(own, own)}", row(name).given))
        if where == "layers":
            _layer(draw, row(name), make, first=place == 0)
        else:
            _other(draw, drawing, where, row(name), make)
    units, activation = HEADS[draw.kind]
    if draw.parts and not _is_row(row(names[-1])):
        draw.add("layer", M("layers.Flatten"))
    draw.add("layer", drawing.chosen(M("layers.Dense", units=V(4, 5), activation="tanh")))
    draw.add("layer", M("layers.Dense", units=units, activation=activation))
    draw.space = drawing.space
    draw.trials = [{param: values[place] for param, values in draw.space.items()} for place in (0, -1)]
    return draw


def _is_row(found: Any) -> bool:
    return not isinstance(found, layers.Row) or found.gives == "row" or (found.gives == "same" and "row" in found.takes)


def _layer(draw: Draw, found: layers.Row, make: Make, *, first: bool) -> None:
    takes = found.takes.removeprefix("two ")
    if first:
        draw.inputs = takes if takes in ("tokens", "words") else "row"
        if takes in SHAPES:
            draw.add("layer", M("layers.Reshape", target_shape=SHAPES[takes]))
    if found.takes == "two rows":
        draw.add("merge", make, *(M("layers.Dense", units=6) for _ in range(2)))
    elif layers.many(found):
        listed = make.path.rpartition(".")[2] in layers.LISTED
        draw.add("attend to a list" if listed else "attend", make)
    else:
        draw.add("layer", make)


def _other(draw: Draw, drawing: Drawing, where: str, found: tables.Row, make: Make) -> None:
    if where in ("losses", "metrics"):
        draw.kind = found.goes[0]
        draw.compiled["loss"] = make if where == "losses" else _loss(draw.kind)
    if where == "metrics":
        draw.compiled.setdefault("metrics", []).append(make)
    elif where == "optimizers":
        draw.compiled["optimizer"] = make
    elif where == "optimizers.schedules":
        draw.compiled["optimizer"] = drawing.chosen(M("optimizers.Adam", learning_rate=make))
    elif where != "losses":
        more = {f"kernel_{where[:-1]}": make}
        draw.add("layer", drawing.chosen(M("layers.Dense", units=V(4, 5), activation="tanh", **more)))


def _loss(kind: str) -> Make:
    """Any loss for a kind of outputs."""
    for name, found in tables.LOSSES.items():
        if kind in found.goes:
            return M(f"losses.{name}")
    return M(f"losses.{next(name for name, its in tables.LOGITS.items() if its == kind)}", from_logits=True)


def halves(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Two parts of a bundle, to find which row it is."""
    middle = (len(names) + 1) // 2
    yield from (tuple(part) for part in (names[:middle], names[middle:]) if len(names) > 1)
