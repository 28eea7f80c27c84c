"""Which modules beside a study its code imports, one after the other, read from their sources without running them."""

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from job.study.usercode.paths import Names, called, texts

_DYNAMIC = {"import_module", "__import__"}
_WALKS = {"iter_modules", "walk_packages"}
_ROOTS = {"insert", "append", "addsitedir"}


def running(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of a module that run when it is imported or used: none for type checkers, no script's own."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _never_runs(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _never_runs(test: ast.expr) -> bool:
    named = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(test)}
    return "TYPE_CHECKING" in named or "__name__" in named


def modules(dotted: str, folders: Sequence[Path]) -> list[Path]:
    """Return the sources that importing a dotted name runs: each package's ``__init__.py``, then its own."""
    first, *rest = dotted.split(".")
    for folder in folders:
        package = folder / first
        init = package / "__init__.py"
        if init.is_file() or (package.is_dir() and rest and not (folder / f"{first}.py").is_file()):
            return [*([init] if init.is_file() else []), *(modules(".".join(rest), [package]) if rest else [])]
        if (folder / f"{first}.py").is_file():
            return [folder / f"{first}.py"]
    return []


def imported(
    tree: ast.Module, source: Path, folders: Sequence[Path], names: Names, every: Callable[[], Sequence[Path]]
) -> Iterator[Path]:
    """Yield the sources in these folders that a module imports, anywhere in it.

    Args:
        tree: the module.
        source: where it lies.
        folders: where top-level modules are looked for.
        names: what its constants hold.
        every: all of the study's Python files: what a module may import that computes its imports' names.
    """
    for node in running(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield from _absolute(one.name, folders)
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, source, folders)
        elif isinstance(node, ast.Call) and called(node) in _DYNAMIC:
            yield from _dynamic(node, source, folders, names, every)
        elif isinstance(node, ast.Call) and called(node) in _WALKS:
            yield from sorted(source.parent.rglob("*.py"))


def named(tree: ast.Module, names: Names) -> Iterator[str]:
    """Yield the first parts of the names that a module imports, anywhere in it, wherever these are found."""
    for node in running(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and called(node) in _DYNAMIC and node.args:
            tops = (text.partition(".")[0] for text in texts(node.args[0], names) or ())
            yield from (top for top in tops if top.isidentifier())


def added_folders(tree: ast.Module, names: Names) -> Iterator[str]:
    """Yield the folders that a module adds to ``sys.path``, as it writes them."""
    for node in running(tree):
        is_path = isinstance(node, ast.Call) and (
            getattr(getattr(node.func, "value", None), "attr", "") == "path" or called(node) == "addsitedir"
        )
        if is_path and called(node) in _ROOTS and node.args:  # type: ignore[attr-defined,arg-type]
            yield from texts(node.args[-1], names) or []  # type: ignore[attr-defined]


def _absolute(dotted: str, folders: Sequence[Path]) -> list[Path]:
    """What is found first by that name elsewhere is never one beside the study: the standard library, and ours."""
    top = dotted.partition(".")[0]
    return [] if top in sys.stdlib_module_names or top == "job" else modules(dotted, folders)


def _from(node: ast.ImportFrom, source: Path, folders: Sequence[Path]) -> Iterator[Path]:
    find = _absolute
    if node.level:
        if node.level > len(source.parents):
            return
        folders, find = [source.parents[node.level - 1]], modules
        yield from (one for one in [folders[0] / "__init__.py"] if one.is_file())
    if node.module:
        yield from find(node.module, folders)
    for one in node.names:
        if one.name == "*":
            yield from _starred(node.module or "", find, folders)
        else:
            yield from find(f"{node.module}.{one.name}" if node.module else one.name, folders)


def _starred(module: str, find: Callable[[str, Sequence[Path]], list[Path]], folders: Sequence[Path]) -> Iterator[Path]:
    """The submodules that a package's ``__all__`` names."""
    for init in find(module, folders)[-1:] if module else [folders[0] / "__init__.py"]:
        if init.name != "__init__.py" or not init.is_file():
            continue
        for node in ast.walk(parsed(init) or ast.Module([], [])):
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "__all__" for one in node.targets):
                for text in (one for item in ast.walk(node.value) for one in _literal(item)):
                    yield from find(f"{module}.{text}" if module else text, folders)


def _literal(node: ast.AST) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _dynamic(
    node: ast.Call, source: Path, folders: Sequence[Path], names: Names, every: Callable[[], Sequence[Path]]
) -> Iterator[Path]:
    given = texts(node.args[0], names) if node.args else None
    for name in given or ["*"]:
        if name.startswith("."):
            package = texts(node.args[1], names) if node.args[1:] else None
            base = modules(package[0], folders)[-1:] if package else [source]
            place = [one.parent for one in base]
            yield from modules(name.lstrip("."), place) if "*" not in name else _like(name.lstrip("."), place)
        elif "*" not in name:
            yield from _absolute(name, folders)
        elif name.startswith("*"):
            yield from every()
        else:
            yield from _like(name, folders)


def _like(pattern: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Modules whose dotted names match a pattern such as ``models.*``."""
    for folder in folders:
        path = pattern.replace(".", "/")
        top = folder / path.partition("/")[0] / "__init__.py"
        yield from [top] if "/" in path and top.is_file() else []
        yield from sorted([*folder.glob(f"{path}.py"), *folder.glob(f"{path}/__init__.py")])


def parsed(source: Path) -> ast.Module | None:
    """Return a module's tree; None where it is no Python, which is told where it is loaded."""
    try:
        return ast.parse(source.read_bytes(), filename=str(source))
    except (SyntaxError, ValueError, OSError):
        return None
