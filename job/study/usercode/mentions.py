"""Files that a module's source mentions: those it opens, and those it writes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from job.study.usercode.paths import Names, called, texts

_READS = re.compile(
    r"(open|Path|File|GFile|files|get_data|fromfile|from_(csv|file|json|yaml)|genfromtxt|memmap|(safe_|full_)?load\w*"
    r"|read\w*|parse|imread|spec_from_file_location|run_path|TextLineDataset|TFRecordDataset|CsvDataset)"
)
_WRITES = re.compile(
    r"(save\w*|write\w*|to_(csv|json|parquet|pickle|feather|excel|hdf|yaml)|mkdir|makedirs|touch|unlink|remove|rmtree"
    r"|imsave|imwrite|CSVLogger|ModelCheckpoint|TensorBoard|BackupAndRestore|\w*FileHandler|basicConfig"
    r"|SummaryWriter|create_file_writer|plot_model|urlretrieve)"
)
_LISTS = {"glob", "rglob", "iglob", "listdir", "scandir", "iterdir", "walk", "list_files"}


@dataclass(frozen=True)
class Mention:
    """A text that may be a file's path.

    Attributes:
        path: as it is written; ``*`` for what is not known of it.
        sure: it is used as a path, so that a word without an ending counts.
        written: the code writes there.
        lists: the files of a folder, or those like a pattern, are asked for.
        function: the top-level function in which it stands; "" outside of any.
    """

    path: str
    sure: bool = False
    written: bool = False
    lists: bool = False
    function: str = ""


def found(tree: ast.Module, names: Names) -> Iterator[Mention]:
    """Yield what a module mentions; ``names`` is what constants hold, those of modules that it imports included."""
    for statement in tree.body:
        name = statement.name if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) else ""
        yield from (replace(one, function=name) for one in _in(statement, names, Mention("")))


def _in(node: ast.AST, names: Names, context: Mention) -> Iterator[Mention]:
    if isinstance(node, ast.expr):
        values = texts(node, names)
        if values is not None:
            sure = context.sure or not isinstance(node, (ast.Constant, ast.Name))
            yield from (replace(context, path=value, sure=sure) for value in values if value)
            return
    if isinstance(node, ast.Call):
        yield from _call(node, names)
        return
    for child in _looked_at(node, names):
        yield from _in(child, names, Mention(""))


def _looked_at(node: ast.AST, names: Names) -> Iterator[ast.AST]:
    """What of a node is looked at: no text that stands alone, no constant before it is used, no script's own part."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and texts(node.value, names) is not None:
        return
    if isinstance(node, ast.If) and "__name__" in {getattr(one, "id", "") for one in ast.walk(node.test)}:
        yield from node.orelse
        return
    yield from ast.iter_child_nodes(node)


def _call(node: ast.Call, names: Names) -> Iterator[Mention]:
    name = called(node)
    context = Mention(
        "",
        sure=bool(_READS.fullmatch(name)) or name in _LISTS or bool(_WRITES.fullmatch(name)),
        written=bool(_WRITES.fullmatch(name)) or (name == "open" and _opens_to_write(node)),
        lists=name in _LISTS,
    )
    own = node.func.value if isinstance(node.func, ast.Attribute) else None
    if context.lists and own is not None and node.args and (pattern := _below(own, node.args[0], names)):
        yield from (replace(context, path=one) for one in pattern)
        return
    if own is not None:
        yield from _in(own, names, context)
    for argument in [*node.args, *(one.value for one in node.keywords)]:
        yield from _in(argument, names, context)


def _below(own: ast.expr, pattern: ast.expr, names: Names) -> list[str]:
    """The pattern of ``folder.glob(pattern)``; nothing for ``os.listdir(folder)`` and ``glob.glob(pattern)``."""
    folders = texts(own, names)
    return [f"{one}/{last}".lstrip("/") for one in folders or [] for last in texts(pattern, names) or []]


def _opens_to_write(node: ast.Call) -> bool:
    place = 0 if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") not in _MODULES else 1
    given = [one.value for one in node.keywords if one.arg == "mode"] or node.args[place : place + 1]
    return any(isinstance(one, ast.Constant) and set("wax") & set(str(one.value)) for one in given)


_MODULES = {"io", "gzip", "bz2", "lzma", "codecs"}
