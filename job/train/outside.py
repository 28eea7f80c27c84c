"""What a function reads when it is called and nobody gives it: attributes of the user's modules, the environment.

``build`` may set it, and a trace bakes it in. A function names what it reads: the modules among its globals, or that
it imports itself, and their attributes.
"""

import os
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator
from typing import Any

INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})
"""Folders of what is installed."""
PYTHON = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
"""Those of Python's own modules; what is installed may lie within."""
_ENVIRONMENT = {"environ", "getenv", "environb"}


def is_users(module: types.ModuleType) -> bool:
    """Whether a module is of the user's code, and not of Python or of what is installed."""
    return is_file_of_users(getattr(module, "__file__", None))


def is_file_of_users(file: str | None) -> bool:
    """The same of a module's file."""
    return bool(file) and not str(file).startswith((*INSTALLED, *PYTHON))


def held(names: Iterable[str], reached: Iterable[Any]) -> Iterator[Any]:
    """What a function may read beyond its globals and closure, in the order of its names.

    Args:
        names: that its code uses.
        reached: what it refers to.
    """
    names = list(dict.fromkeys(names))
    modules = [one for one in reached if isinstance(one, types.ModuleType)]
    modules += [sys.modules[name] for name in names if name in sys.modules]  # imported where they are used
    if os in modules and not _ENVIRONMENT.isdisjoint(names):
        yield dict(os.environ)
    seen: set[int] = set()
    while modules:
        module = modules.pop(0)
        if id(module) in seen or not is_users(module):
            continue
        seen.add(id(module))
        found = [vars(module)[name] for name in names if name in vars(module)]
        modules += [one for one in found if isinstance(one, types.ModuleType)]
        yield from found
