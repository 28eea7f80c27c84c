"""Objects as skops archives, without pickle: always the same bytes, the user's own functions and classes by their code.

An archive is a zip of a schema in JSON, whose nodes name a class or function each, and of arrays.
"""

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import skops.io

from job.study.usercode import travelling
from job.study.usercode.travelling import Travelling

_SCHEMA = "schema.json"
_FITTED_OF = {"sklearn", "scipy"}
"""Packages of what scikit-learn's own transformers hold once they are fitted, such as trees and splines."""
_ARRAYS = "scipy._lib.array_api_compat."
"""Functions that make arrays of arrays, of which SciPy's splines hold one."""
Named = tuple[str, str]
"""A module, and what it has by a name."""


@dataclass
class Archives:
    """Writes objects, and keeps what of the user's code they need.

    Attributes:
        travelling: that code, by where it is here.
        sent: the types and functions in what was written, beyond those that skops trusts.
    """

    travelling: dict[Named, Travelling] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)

    def dumped(self, value: Any, what: str) -> bytes:
        """Return an object's archive.

        Args:
            value: the object.
            what: what it is, for messages.

        Raises:
            ValueError: it can't travel; says what to do.
        """
        try:
            found: bytes = skops.io.dumps(value)
            settled = _rewritten(found, self._there)
            held = trusted(found)
            skops.io.loads(found, trusted=held)
            self.sent.update(held)
        except Exception as error:
            told = str(error) if isinstance(error, _StaysError) else f"{type(error).__name__}: {error}"
            raise ValueError(
                f"{what} cannot be sent to workers: {told} What it is given must be plain values, scikit-learn's, "
                "NumPy's or Keras's objects, or functions and classes of a module. Without backend=…, the search "
                "trains in this process."
            ) from error
        return settled

    def returned(self, archive: bytes) -> tuple[bytes, list[str]]:
        """Return an archive that workers wrote as one that is read here, and which of its types are trusted.

        Those are the ones that were sent, and classes of their packages and of scikit-learn, which fits may have made.
        """
        here = {(one.module, one.name): named for named, one in self.travelling.items()}
        found = _rewritten(archive, lambda module, name: here.get((module, name), (module, name)))
        known = self.sent | {f"{module}.{name}" for module, name in self.travelling}
        packages = _FITTED_OF | {_package(one) for one in self.sent}

        def is_known(one: str) -> bool:
            return one in known or one.startswith(_ARRAYS) or (_package(one) in packages and _is_class(one))

        return found, list(filter(is_known, trusted(found)))

    def _there(self, module: str, name: str) -> Named:
        """Where workers find what a module here has."""
        if not travelling.is_own(module):
            return module, name
        if (module, name) not in self.travelling:
            value = getattr(sys.modules.get(module), name, None)
            if value is None:
                raise _StaysError(
                    f"`{name}` is not defined at the top of a cell or module, and workers import it by its name."
                )
            try:
                self.travelling[module, name] = travelling.of(value)
            except ValueError as error:
                raise _StaysError(str(error)) from error
        found = self.travelling[module, name]
        return found.module, found.name


class _StaysError(Exception):
    """Something can't travel, in words."""


def trusted(archive: bytes) -> list[str]:
    """Return the types that an archive of one's own holds beyond those that skops trusts."""
    found: list[str] = skops.io.get_untrusted_types(data=archive)
    return found


def _package(name: str) -> str:
    return name.partition(".")[0]


def _is_class(name: str) -> bool:
    """Whether a class goes by a name; a function might do anything when an archive has it called."""
    module, _, attribute = name.rpartition(".")
    try:
        return isinstance(getattr(importlib.import_module(module), attribute, None), type)
    except ImportError:
        return False


def loaded(archive: bytes, trust: list[str]) -> Any:
    """Return what an archive holds; only types that are trusted are made."""
    return skops.io.loads(archive, trusted=trust)


def _rewritten(archive: bytes, moved: Callable[[str, str], Named]) -> bytes:
    """An archive with other places of classes and functions, and the same bytes for the same content.

    skops names what it writes by places in memory and at random.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(out, "w") as settled:
        numbers: dict[int, int] = {}
        names: dict[str, str] = {}
        schema = _settled(json.loads(given.read(_SCHEMA)), numbers, names, moved)
        for name, other in names.items():
            settled.writestr(zipfile.ZipInfo(other), given.read(name))
        settled.writestr(zipfile.ZipInfo(_SCHEMA), json.dumps(schema))
    return out.getvalue()


def _settled(value: Any, numbers: dict[int, int], names: dict[str, str], moved: Callable[[str, str], Named]) -> Any:
    if isinstance(value, list):
        return [_settled(one, numbers, names, moved) for one in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: _settled(one, numbers, names, moved) for name, one in value.items()}
    if isinstance(found.get("__id__"), int):
        found["__id__"] = numbers.setdefault(found["__id__"], len(numbers))
    if isinstance(file := found.get("file"), str) and "__loader__" in found:
        found["file"] = names.setdefault(file, f"{len(names)}{Path(file).suffix}")
    if "__loader__" in found and "__module__" in found:
        found["__module__"], found["__class__"] = moved(found["__module__"], found["__class__"])
    return found
