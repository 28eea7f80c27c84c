"""A YAML file as plain values, with the line of every place in it.

Scalars are read as YAML 1.2 and editors read them: ``1e-4`` is a number, ``no`` is a word, ``1:30`` is no number,
a date is text. (PyYAML by itself reads YAML 1.1.) Digits may be grouped as ``1_000``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from job.study import plain_words, slips
from job.study.mistakes import Mistake, Place, StudyMistakes, shown

_SCALARS = {
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "tag:yaml.org,2002:int": (r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    "tag:yaml.org,2002:merge": (r"<<", ["<"]),
}


_PLAINER = {
    "parsing a flow sequence": "a bracket `[` is not closed by its `]`, or a comma is missing",
    "parsing a flow mapping": "a bracket `{` is not closed by its `}`, or a comma is missing",
    "expected <block end>": "this line is indented otherwise than those it belongs to; fields of one kind begin in one "
    "column",
}
"""What PyYAML says of the usual mistakes, and plainer words."""


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's scalars."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base class fills it


class Dumper(yaml.SafeDumper):
    """Writes what ``Loader`` reads back as it was; words that YAML 1.1 or people read otherwise are quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, D102 - the base class's
        return True


for _class in (Loader, Dumper):
    for _tag, (_pattern, _first) in _SCALARS.items():
        _class.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def _int(loader: Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)


def _float(loader: Loader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _str(dumper: Dumper, text: str) -> yaml.ScalarNode:
    odd = not set(text).isdisjoint("\x85\u2028\u2029\ufeff")  # PyYAML folds these line breaks unless they are escaped
    style = '"' if odd else "'" if plain_words.is_doubtful(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _str)
Loader.add_constructor("tag:yaml.org,2002:int", _int)
Loader.add_constructor("tag:yaml.org,2002:float", _float)


@dataclass(frozen=True)
class Document:
    """One YAML mapping.

    Attributes:
        values: its plain values.
        root: its nodes, which know their lines.
    """

    values: Mapping[Any, Any]
    root: yaml.MappingNode

    def placed(self, mistake: Mistake) -> Mistake:
        """The mistake with its place as it is written in the file, and the line of the deepest part that is there.

        Values have a longer form than the file may have: one space or one scorer is written without the list around
        it, and ``search: {random: {trials: 60}}`` holds ``search.trials``.
        """
        node: yaml.Node | None = self.root
        line, place = None, list[str | int]()
        for step in mistake.place:
            if isinstance(node, yaml.ScalarNode) or (isinstance(step, int) and isinstance(node, yaml.MappingNode)):
                continue
            found = _step(node, step)
            if found is None:
                node = None
                place.append(step)
            else:
                written, line, node = found
                place += written
        return replace(mistake, place=tuple(place), line=line)


def _step(node: yaml.Node | None, step: str | int) -> tuple[list[str | int], int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return [step], item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return [step], key.start_mark.line + 1, value
        if len(node.value) == 1 and (found := _step(node.value[0][1], step)):
            written, line, value = found
            return [node.value[0][0].value, *written], line, value
    return None


def load(text: str, where: str) -> Document:
    """Reads one YAML mapping.

    Args:
        text: the file's content.
        where: its name, for messages.

    Raises:
        StudyMistakes: it is no YAML, empty, no mapping, or has duplicate keys (all of them are told).
    """
    try:
        loader = Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise StudyMistakes(where, [Mistake((), "The file is empty. `tunejob init` writes a study that runs.")])
        if not isinstance(root, yaml.MappingNode):
            raise StudyMistakes(where, [_no_mapping(root)])
        twice = list(_duplicates(root, (), {}))
        values = loader.construct_document(root)
    except yaml.YAMLError as error:
        raise StudyMistakes(where, [_no_yaml(error, text)]) from None
    except (ValueError, RecursionError) as error:
        raise StudyMistakes(where, [Mistake((), f"This is no YAML that can be read: {error}.")]) from None
    if twice:
        raise StudyMistakes(where, twice)
    return Document(values, root)


def _no_mapping(root: yaml.Node) -> Mistake:
    got = f"got {shown(root.value)}" if isinstance(root, yaml.ScalarNode) else "got a list"
    message = f"A study is a mapping of fields, such as `name: my-study`; {got}.{slips.unspaced(root.value)}"
    return Mistake((), message, root.start_mark.line + 1)


def _no_yaml(error: yaml.YAMLError, text: str) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = [getattr(error, "context", None), getattr(error, "problem", None)]
    said = ", ".join(part for part in parts if part) or str(error).splitlines()[0]
    column = f" (column {mark.column + 1})" if mark else ""
    line = mark.line + 1 if mark else None
    if slip := slips.broken(text.splitlines(), line):
        return Mistake((), f"This is no YAML: {slip}", line)
    if plain := next((plain for words, plain in _PLAINER.items() if words in said), ""):
        begun = getattr(error, "context_mark", None)
        since = f", opened in line {begun.line + 1}" if begun and "bracket" in plain else ""
        return Mistake((), f"This is no YAML: {plain}{since}{column}.", line)
    return Mistake((), f"This is no YAML: {said}{column}.", line)


def _duplicates(node: yaml.Node, place: Place, done: dict[int, bool]) -> Iterator[Mistake]:
    if id(node) in done:  # an alias
        if not done[id(node)]:
            yield Mistake(place, "This alias holds itself.", node.start_mark.line + 1)
        return
    done[id(node)] = False
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, (*place, index), done)
    if isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            name, line = (key.tag, str(key.value)), key.start_mark.line + 1
            if name in lines and key.tag != "tag:yaml.org,2002:merge":
                message = f"This key is given twice, first in line {lines[name]}; keep one."
                yield Mistake((*place, str(key.value)), message, line)
            lines.setdefault(name, line)
            yield from _duplicates(value, (*place, str(key.value)), done)
    done[id(node)] = True


def dump(values: Mapping[str, Any]) -> str:
    """The YAML text of plain values, which ``load`` reads back as they were."""
    return yaml.dump(values, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def flow(value: Any) -> str:
    """A plain value in one line, as it may stand behind a key."""
    text = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=True)
    return text.removesuffix("\n").removesuffix("\n...")
