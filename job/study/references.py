"""What a reference that is no ``module:name`` was most likely meant to be: a file's path, or a file of another name."""

import re
from pathlib import PurePosixPath


def meant(value: str) -> str:
    """A sentence with the right reference, and the new name of a file that Python can't import; "" where none is seen.

    Args:
        value: what was written for ``module:name``.
    """
    module, _, name = value.rpartition(":") if ":" in value else value.removesuffix(".py").rpartition(".")
    name = name.removesuffix("()")
    if not module or ":" in module or not name.isidentifier():
        return ""
    is_away = module.startswith(("/", "~", "../"))
    path = PurePosixPath(module.removesuffix(".py"))
    parts = [path.name] if is_away else [one for part in path.parts for one in part.split(".")]
    right = [_importable(part) for part in parts]
    written = f"`{'.'.join(right)}:{name}`"
    if not all(right):
        return ""
    if right != parts:
        was, new = (".".join(one) for one in (parts, right))
        return f" `{was}` is no Python module name: rename the file to {new.replace('.', '/')}.py and write {written}."
    beside = ", of a file beside the study" if is_away else ""
    return f" Did you mean {written}{beside}?"


def _importable(part: str) -> str:
    """The nearest name that Python imports: digits at the beginning go to the end."""
    found = re.sub(r"\W+", "_", part).strip("_") if not part.isidentifier() else part
    digits = re.match(r"\d*", found)
    rest = found[digits.end() :].strip("_") if digits else found
    return f"{rest}_{digits.group()}" if digits and digits.group() and rest else rest
