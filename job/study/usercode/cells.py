"""The source of a function that a notebook or script defines, with the imports that it needs, as a module."""

import __future__

import ast
import builtins
import inspect
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from job.study.mistakes import listed

_FUTURE = "from __future__ import annotations"


def of(function: Callable[..., Any]) -> str:
    """Return the source of a function or class after the imports that it needs.

    Raises:
        ValueError: it uses what is neither its own, nor imported, nor Python's; names that, and says what to do.
    """
    name = function.__name__
    if free := getattr(getattr(function, "__code__", None), "co_freevars", ()):
        raise ValueError(_missing(name, free))
    try:
        text = textwrap.dedent(inspect.getsource(function))
        cell = "".join(inspect.findsource(function)[0])
        around = _imports(cell)
    except (OSError, TypeError):
        raise ValueError(
            f"the source of `{name}` can't be found, so it can't travel to workers: put it into a module, such as "
            "model.py, and import it from there."
        ) from None
    known = getattr(function, "__globals__", vars(sys.modules["__main__"]))
    lines = dict.fromkeys([_FUTURE] if _reads_no_annotations(function, cell) else [])
    missing: list[str] = []
    for one in sorted(_wanted("\n".join([*lines, text])) - {name}):
        found = around.get(one) or _import_of(one, known.get(one))
        lines |= dict.fromkeys(found)
        missing += [] if found else [one]
    if missing:
        raise ValueError(_missing(name, missing))
    return "\n".join([*lines, "", "", text])


def imported(text: str) -> Iterator[str]:
    """Yield the modules that a source imports, wherever in it."""
    for one in ast.walk(ast.parse(text)):
        if isinstance(one, ast.Import):
            yield from (alias.name for alias in one.names)
        elif isinstance(one, ast.ImportFrom) and one.module and not one.level:
            yield one.module


def _missing(name: str, missing: Sequence[str]) -> str:
    return (
        f"`{name}` uses {listed(missing)}, which its own source does not have, and workers are given nothing else of a "
        f"notebook. Make it an argument of `{name}` with a default, import it inside the function or at the top of its "
        f"cell; or put all of it into a module, such as model.py, and import `{name}` from there."
    )


def _wanted(text: str) -> set[str]:
    """The names that a source takes from outside, Python's own left out."""
    top = symtable.symtable(text, "source", "exec")
    own = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_namespace()}
    found = set()
    for table in _tables(top):
        is_top = table.get_type() == "module"
        found |= {one.get_name() for one in table.get_symbols() if one.is_referenced() and (is_top or one.is_global())}
    return found - own - set(vars(builtins))


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for one in table.get_children():
        yield from _tables(one)


def _statements(cell: str) -> list[ast.stmt]:
    try:
        return ast.parse(cell).body
    except SyntaxError:  # a cell may hold more than Python
        return []


def _reads_no_annotations(function: Any, cell: str) -> bool:
    """Whether annotations stay unread, as this cell or one before it has said."""
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    said = {ast.unparse(one) for one in _statements(cell)}
    return bool(flags & __future__.annotations.compiler_flag) or _FUTURE in said


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _imports(cell: str) -> dict[str, list[str]]:
    """What a cell or script imports at its top, by name."""
    found: dict[str, list[str]] = {}
    for one in _statements(cell):
        if _is_future(one):
            continue
        if isinstance(one, ast.Import | ast.ImportFrom) and not getattr(one, "level", 0):
            for alias in one.names:
                single = ast.Import([alias]) if isinstance(one, ast.Import) else ast.ImportFrom(one.module, [alias], 0)
                found.setdefault((alias.asname or alias.name).partition(".")[0], []).append(ast.unparse(single))
    return found


def _import_of(name: str, value: Any) -> list[str]:
    """The line that imports what a notebook has by a name, where a module has it; none where the notebook made it."""
    if isinstance(value, ModuleType):
        whole = value.__name__
        return [] if whole == "__main__" else [f"import {whole}" if whole == name else f"import {whole} as {name}"]
    where, own = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    module = sys.modules.get(where) if isinstance(where, str) and where != "__main__" else None
    if module is None or not own.isidentifier() or getattr(module, own, None) is not value:
        return []
    return [f"from {where} import {own}" if own == name else f"from {where} import {own} as {name}"]
