"""Words of a study's YAML that are text without quotes, and are no booleans or nothing as their writers mean them.

YAML 1.1 took ``yes``, ``no``, ``on`` and ``off`` for booleans, and Python has ``None``; in YAML 1.2 all are text, and
text is true: ``{use_bias: [yes, no]}`` would train the same model twice.
"""

from collections.abc import Iterator, Sequence

import yaml

from job.study.mistakes import Mistake, Place

BOOLEANS = {"yes": "true", "no": "false", "on": "true", "off": "false"}
"""Words that were booleans, in lower case, and what they were."""
_LETTERS = {"y": "true", "n": "false"}
NOTHING = "None"
_FREE = (("space",), ("cv",), ("fit", "callbacks"))
"""Where any value may stand; elsewhere a field's own type tells."""
_TEXT, _CONSTANTS = "tag:yaml.org,2002:str", ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null")


def is_doubtful(text: str) -> bool:
    """Whether text is to be quoted, so that nobody takes it for a boolean or nothing."""
    return text == NOTHING or text.lower() in BOOLEANS or text.lower() in _LETTERS


def find(root: yaml.MappingNode) -> Iterator[Mistake]:
    """The words in a study's space, splitters and callbacks that are no text as they are meant.

    A boolean's word is one where it stands alone, or where all of its list are such words, booleans or nothing.
    """
    for path in _FREE:
        node = _at(root, path)
        if node is not None:
            yield from _within(node, path, set())


def _at(node: yaml.Node, path: Sequence[str]) -> yaml.Node | None:
    for name in path:
        fields = node.value if isinstance(node, yaml.MappingNode) else []
        found = next((value for key, value in fields if key.value == name), None)
        if found is None:
            return None
        node = found
    return node


def _within(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[Mistake]:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield from _alone([node], [place])
    elif isinstance(node, yaml.SequenceNode):
        yield from _alone(node.value, [(*place, index) for index in range(len(node.value))])
        for index, item in enumerate(node.value):
            if not isinstance(item, yaml.ScalarNode):
                yield from _within(item, (*place, index), seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _within(value, (*place, str(key.value)), seen)


def _alone(nodes: Sequence[yaml.Node], places: Sequence[Place]) -> Iterator[Mistake]:
    """The mistakes among the scalars of one list, or in a single one."""
    words = {**BOOLEANS, **(_LETTERS if {"y", "n"} <= {_word(one).lower() for one in nodes} else {})}
    are_booleans = all(one.tag in _CONSTANTS or _word(one) == NOTHING or _word(one).lower() in words for one in nodes)
    for node, place in zip(nodes, places, strict=True):
        word, line = _word(node), node.start_mark.line + 1
        if word == NOTHING:
            yield Mistake(place, f"`{word}` is text here; write `null`, or quote it: `'{word}'`.", line)
        elif are_booleans and (meant := words.get(word.lower())):
            told = f"got the text `{word}`; for a boolean write `{meant}`, for the text quote it: `'{word}'`."
            yield Mistake(place, told, line)


def _word(node: yaml.Node) -> str:
    """The text of a scalar that is text though it has no quotes; "" for any other node."""
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None and node.tag == _TEXT
    return str(node.value) if is_plain else ""
