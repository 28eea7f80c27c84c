"""Calls in a loader's source that give something else each time, as far as reading it tells."""

import ast
from collections.abc import Iterator
from pathlib import Path

from job.study.usercode import imports
from job.study.usercode.paths import called

_STATED = {
    "train_test_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit", "resample", "sample",
    "make_classification", "make_regression", "make_blobs", "make_moons", "make_circles",
}  # fmt: skip
_DRAWS = {
    "permutation", "rand", "randn", "randint", "choice", "choices", "uniform", "normal", "random", "standard_normal",
    "shuffle", "sample", "permuted", "random_sample",
}  # fmt: skip
_SEEDS = {"seed", "set_seed", "set_random_seed"}
_UNORDERED = {"set", "frozenset"}
_CLOCK = {"time", "now", "today", "utcnow", "time_ns", "uuid4", "urandom", "token_hex"}
_LISTING = {"listdir", "glob", "iglob", "rglob", "iterdir", "scandir"}


def calls(source: Path) -> Iterator[tuple[int, str]]:
    """Yield lines of a source, each with the call there that is likely to differ and what makes it the same."""
    tree = imports.parsed(source)
    if tree is None:
        return
    nodes = list(imports.running(tree))
    found = [node for node in nodes if isinstance(node, ast.Call)]
    is_seeded = any(called(node) in _SEEDS and node.args for node in found)
    is_sorted = {id(inner) for node in found if called(node) == "sorted" for inner in ast.walk(node)}
    told = {node.lineno: word for node in found if (word := _likely(node, is_seeded, id(node) in is_sorted))}
    yield from sorted(told.items())


def _likely(node: ast.Call, is_seeded: bool, is_sorted: bool) -> str:  # noqa: FBT001  # facts about one call
    """What is to be said of one call; "" where nothing is."""
    owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    told = _shuffling(node, owner) or _generator(node)
    if not told and not is_seeded:
        told = _unseeded(node, owner)
    return told or ("" if is_sorted else _unordered(node)) or _moment(node, owner)


def _shuffling(node: ast.Call, owner: str) -> str:
    name, given = called(node), {one.arg for one in node.keywords}
    if name.endswith("_dataset_from_directory") and not _says_no(node, "shuffle") and "seed" not in given:
        return f"`{name}` shuffles: give it shuffle=False"
    is_dataset = name == "shuffle" and owner and not _draws(owner) and owner.rpartition(".")[2] not in ("rng", "utils")
    if is_dataset and not ("seed" in given and _says_no(node, "reshuffle_each_iteration")):
        return "`.shuffle` of a dataset: leave it out, or give it seed=0 and reshuffle_each_iteration=False"
    return ""


def _generator(node: ast.Call) -> str:
    name = called(node)
    is_unseeded = name in ("default_rng", "RandomState", "Random") and not node.args and not node.keywords
    return f"`{name}()` without a seed: `{name}(0)`" if is_unseeded else ""


def _unseeded(node: ast.Call, owner: str) -> str:
    name = called(node)
    if name in _DRAWS and _draws(owner):
        return f"`{owner}.{name}` without a seed: draw from np.random.default_rng(0)"
    takes_state = name in _STATED or (name == "shuffle" and owner.rpartition(".")[2] in ("", "utils"))
    return f"`{name}` without random_state: give it random_state=0" if takes_state and not _has_state(node) else ""


def _unordered(node: ast.Call) -> str:
    name = called(node)
    if name in _LISTING:
        return f"`{name}` gives files in any order: sorted(…)"
    return f"`{name}` has no order of its own: sorted({name}(…))" if name in _UNORDERED and node.args else ""


def _moment(node: ast.Call, owner: str) -> str:
    return f"`{owner}.{called(node)}` differs each time" if called(node) in _CLOCK and owner else ""


def _draws(owner: str) -> bool:
    return owner in ("random", "np.random", "numpy.random", "tf.random", "keras.random")


def _has_state(node: ast.Call) -> bool:
    return any(one.arg in ("random_state", None) and not _is(one.value, None) for one in node.keywords)


def _says_no(node: ast.Call, name: str) -> bool:
    return any(one.arg == name and _is(one.value, False) for one in node.keywords)


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
