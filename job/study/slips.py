"""Slips of the pen in a study's YAML, recognised, so that the message says what to type."""

import re

_UNSPACED = re.compile(r"\s*-?\s*([A-Za-z_]\w*):(?![/\\])(\S.*)")
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(rf"{_NUMBER}(?:[\s;|/]+{_NUMBER})+")
_QUOTED = re.compile(_NUMBER)
_NUMERIC = re.compile(
    r"rate|lr|units|neurons|nodes|hidden|width|depth|size|dropout|epochs?|momentum|decay|layers|filters|kernel|strides?"
    r"|alpha|beta|gamma|lambda|l1|l2|dim|heads|steps|seed|count|num|weight|scale|temperature|patience"
)


def unspaced(text: object) -> str:
    """What to write instead of ``cv:5``, which YAML takes for a word; "" for other text."""
    found = _UNSPACED.fullmatch(text.strip()) if isinstance(text, str) else None
    return f" A space is missing after the colon: `{found[1]}: {found[2]}`." if found else ""


def uncommaed(text: object) -> str:
    """What to write instead of ``[1e-3 1e-2]``, which YAML takes for a list of one text; "" for other text."""
    if not isinstance(text, str) or not _NUMBERS.fullmatch(text.strip()):
        return ""
    numbers = ", ".join(re.findall(_NUMBER, text))
    return f"got {text!r} as one text; values are set apart by commas: `[{numbers}]`."


def quoted(name: str, text: object) -> str:
    """What to write instead of a number in quotes, where a parameter's name says that it is one; "" for other text."""
    if not isinstance(text, str) or not _QUOTED.fullmatch(text.strip()):
        return ""
    if not set(_NUMERIC.findall(name.lower())):
        return ""
    return f"got {text!r}, which is text: take the quotes off, `{text.strip()}`."


def broken(lines: list[str], line: int | None) -> str:
    """Why YAML can't be read, where one of the usual slips is in or just before the line where it stopped; else ""."""
    near = range(max(0, (line or 1) - 2), min(len(lines), (line or 1) + 1))
    for number in sorted(near, key=lambda one: abs(one + 1 - (line or 1))):
        text = lines[number]
        if "\t" in text[: len(text) - len(text.lstrip())] or text.lstrip(" -").startswith("\t"):
            return (
                f"line {number + 1} begins with a tab, and YAML is indented by spaces alone: put spaces in its place."
            )
    for number in near:
        if hint := unspaced(lines[number].split(" #")[0]):
            return f"line {number + 1} is not a field:{hint}"
    return ""
