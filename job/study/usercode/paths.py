"""Paths as source code writes them, read without running it: literals, joins, and constants that hold them."""

import ast
import posixpath
from collections.abc import Mapping, Sequence

Names = Mapping[str, Sequence[str]]
"""What constants hold, by name: the texts each may have."""

_UNKNOWN = "*"
_MOST = 16
_AS_IT_IS = {
    "Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "realpath", "resolve", "absolute", "expanduser",
    "as_posix", "normpath", "GFile",
}  # fmt: skip
_JOINS = {"join", "joinpath"}


def texts(node: ast.expr | None, names: Names) -> list[str] | None:
    """Return the texts that an expression may be; None where its source does not say.

    An unknown beginning is left out, as it is most often the code's own folder; ``*`` stands for an unknown part.
    """
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        found = names.get(node.id)
    elif isinstance(node, ast.Attribute):
        found = _attribute(node, names)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        found = _joined([node.left, node.right], names, "/" if isinstance(node.op, ast.Div) else "")
    elif isinstance(node, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
        found = _joined(parts, names, "")
    else:
        found = _called(node, names) if isinstance(node, ast.Call) else None
    return None if found is None else list(dict.fromkeys(found))[:_MOST]


def constants(tree: ast.Module, file: str) -> dict[str, list[str]]:
    """Return the texts and paths that names of a module hold, wherever in it they are assigned.

    Args:
        tree: the module's syntax tree.
        file: its path below the study's folder, which is what ``__file__`` is.
    """
    found: dict[str, list[str]] = {"__file__": [file]}
    for _ in range(2):  # a constant may be made of one that stands below it
        for node in ast.walk(tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and (value := texts(node.value, found)) is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for name in (one.id for one in targets if isinstance(one, ast.Name)):
                    found[name] = list(dict.fromkeys([*found.get(name, []), *value]))[:_MOST]
    return found


def called(node: ast.Call) -> str:
    """Return the last name of what a call calls."""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _attribute(node: ast.Attribute, names: Names) -> list[str] | None:
    if node.attr == "parent":
        below = texts(node.value, names)
        return None if below is None else [_folder(one) for one in below]
    return list(names[node.attr]) if node.attr in names and node.attr.isupper() else None


def _folder(path: str) -> str:
    return posixpath.dirname(path) if path else ".."


def _called(node: ast.Call, names: Names) -> list[str] | None:
    name, own = called(node), node.func.value if isinstance(node.func, ast.Attribute) else None
    if name in _JOINS:
        first = [own] if own is not None and (name == "joinpath" or isinstance(own, ast.Constant)) else []
        return _joined([*first, *node.args], names, "/")
    if name in _AS_IT_IS and node.args:
        return _joined(node.args, names, "/")
    given = (texts(node.args[0], names) if node.args else None) or []
    owns = (texts(own, names) if own is not None else None) or []
    found = {
        "dirname": [_folder(one) for one in given],
        "with_name": [posixpath.join(_folder(one), last) for one in owns or [""] for last in given],
        "with_suffix": [posixpath.splitext(one)[0] + last for one in owns for last in given],
        "files": [one.replace(".", "/") for one in given],  # importlib.resources: a package's folder
    }
    return (owns if name in _AS_IT_IS else found.get(name)) or None


def _joined(parts: Sequence[ast.expr], names: Names, by: str) -> list[str] | None:
    found: list[str] = []
    known = False
    for place, part in enumerate(parts):
        value = None if isinstance(part, ast.Starred) else texts(part, names)
        known = known or bool(value)
        value = value or ([""] if place == 0 else [_UNKNOWN])
        found = value if place == 0 else [_pair(one, last, by) for one in found for last in value][:_MOST]
    return found if known else None


def _pair(first: str, last: str, by: str) -> str:
    return f"{first}{by if first and not first.endswith('/') else ''}{last}"
