"""The package ``job`` by the name of its distribution: ``import tunejob`` and ``import job`` give one and the same."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import TYPE_CHECKING

import job

if TYPE_CHECKING:
    from job import *  # noqa: F403  # what type checkers see


class _Same(MetaPathFinder, Loader):
    """Finds ``tunejob.room.module`` as ``job.room.module``, so that no class exists twice."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        ours = name.startswith(f"{__name__}.") and name != f"{__name__}.__main__"
        return spec_from_loader(name, self) if ours else None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        sys.modules[name] = import_module(f"job{name.removeprefix(__name__)}")


sys.meta_path.insert(0, _Same())
sys.modules[__name__] = job
