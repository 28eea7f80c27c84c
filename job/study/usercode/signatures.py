"""What a function of the user's takes, read from its source without importing it."""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.study.study import Study
from job.study.usercode import sources

ANY = "**"
"""Stands among a function's parameters when it takes any, or when its source does not say."""


@dataclass(frozen=True)
class Parameters:
    """The parameters a function takes by name.

    Attributes:
        names: in their order; ``"**"`` among them when it takes any, or its source does not say.
        required: those without a default.
    """

    names: tuple[str, ...]
    required: tuple[str, ...] = ()


UNKNOWN = Parameters(names=(ANY,))


def parameters(study: Study, folder: Path) -> tuple[str, ...]:
    """What ``build`` takes, from its source; ``"**"`` among them when it takes any, or its source does not say."""
    return signature(study.model, folder).names


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """What a function that is at hand takes by name; ``"**"`` among them when it takes any."""
    kinds = inspect.Parameter
    found = []
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return (ANY,)
    for one in given:
        if one.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY):
            found.append(one.name)
        elif one.kind is kinds.VAR_KEYWORD:
            found.append(ANY)
    return tuple(found)


def signature(spec: str, folder: Path) -> Parameters:
    """What ``module:name`` takes; ``UNKNOWN`` where its source is not beside the study or does not say.

    Raises:
        SyntaxError: its module is no Python.
    """
    module, _, name = spec.partition(":")
    return _signature(sources.beside(module, folder), name, folder, depth=0)


def defined(source: Path) -> list[str] | None:
    """The names that a module defines at its top level; None when it imports ``*``.

    Raises:
        SyntaxError: it is no Python.
    """
    names: list[str] = []
    for statement in _statements(tree(source).body):
        found = _names(statement)
        if "*" in found:
            return None
        names += found
    return names


def tree(source: Path) -> ast.Module:
    """A module's syntax tree.

    Raises:
        SyntaxError: it is no Python.
    """
    try:
        return ast.parse(source.read_bytes(), filename=str(source))
    except ValueError as error:  # null bytes
        raise SyntaxError(str(error), (str(source), 1, 1, "")) from None


def _signature(source: Path | None, name: str, folder: Path, depth: int) -> Parameters:
    if source is None or depth > 10:
        return UNKNOWN
    found = UNKNOWN
    for statement in _statements(tree(source).body):
        if name in _names(statement):
            found = _of(statement, name, source, folder, depth)
    return found


def _of(statement: ast.stmt, name: str, source: Path, folder: Path, depth: int) -> Parameters:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and not statement.decorator_list:
        return _taken(statement.args)
    if isinstance(statement, ast.ClassDef) and not statement.decorator_list:
        inits = [one for one in statement.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        return _taken(inits[0].args, skip=1) if inits else UNKNOWN
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda):
        return _taken(statement.value.args)
    if isinstance(statement, ast.ImportFrom):
        original = next(one.name for one in statement.names if (one.asname or one.name) == name)
        return _signature(_imported(statement, source, folder), original, folder, depth + 1)
    return UNKNOWN


def _imported(statement: ast.ImportFrom, source: Path, folder: Path) -> Path | None:
    if not statement.level:
        return sources.beside(statement.module or "", folder)
    package = source.parents[statement.level - 1]
    return sources.beside(statement.module, package) if statement.module else None


def _taken(arguments: ast.arguments, skip: int = 0) -> Parameters:
    positional = [*arguments.posonlyargs, *arguments.args]
    without_default = positional[: len(positional) - len(arguments.defaults)]
    needed = [one.arg for one in without_default[skip:]]
    needed += [
        one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    names = [one.arg for one in arguments.args[max(0, skip - len(arguments.posonlyargs)) :]]
    names += [one.arg for one in arguments.kwonlyargs]
    return Parameters(names=(*names, *([ANY] if arguments.kwarg else [])), required=tuple(needed))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """A module's top-level statements, those within ``if``, ``try`` and ``with`` included."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
                yield from _statements(getattr(statement, part, []))
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body)


def _names(statement: ast.stmt) -> list[str]:
    """The names that a statement binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(one.asname or one.name).partition(".")[0] for one in statement.names]
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.For)):
        targets = [statement.target]
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
