"""What a function takes is read from its source, as ``inspect`` would tell it after importing."""

import pytest

from job.study import usercode
from job.study.usercode import signatures, sources

SOURCE = '''
"""A module that must not be imported to be read."""
import os.path, functools
from nets.dense import wide as broad
from nets import *

raise RuntimeError("imported")

def plain(units, rate=1e-3, *, dropout, depth: int = 2): ...
def positional(a, b, /, c, d=1): ...
def anything(units, **rest): ...
def several(*units): ...
async def waiting(x): ...
class Model:
    def __init__(self, units, rate=0.1): ...
class Bare: ...
@functools.cache
def decorated(x): ...
short = lambda units, rate=1: None
made = functools.partial(plain, rate=2)
if os.path:
    def conditional(x): ...
try:
    def guarded(x): ...
except ImportError:
    guarded = None
first, (second, *third) = 1, (2, 3)
plain_again: object = plain
'''


@pytest.fixture
def folder(beside):
    """A module with all kinds of definitions, and a package it imports from."""
    return beside({"nets/__init__.py": "", "nets/dense.py": "def wide(width, *, deep=1): ..."}, model__py=SOURCE)


@pytest.mark.parametrize(
    ("name", "names", "required"),
    [
        ("plain", ("units", "rate", "dropout", "depth"), ("units", "dropout")),
        ("positional", ("c", "d"), ("a", "b", "c")),
        ("anything", ("units", "**"), ("units",)),
        ("several", (), ()),
        ("waiting", ("x",), ("x",)),
        ("Model", ("units", "rate"), ("units",)),
        ("Bare", ("**",), ()),
        ("decorated", ("**",), ()),
        ("short", ("units", "rate"), ("units",)),
        ("made", ("**",), ()),
        ("conditional", ("x",), ("x",)),
        ("broad", ("width", "deep"), ("width",)),
        ("nowhere", ("**",), ()),
    ],
)
def test_parameters_are_read_from_the_source(folder, name, names, required):
    """Names in their order, those without a default, and ``**`` where the source does not say."""
    assert usercode.signature(f"model:{name}", folder) == usercode.Parameters(names=names, required=required)


def test_parameters_of_a_function_at_hand():
    """A worker, which has the function, sees what the source does not say."""

    def build(units, /, rate, *rows, depth=2, **rest): ...

    assert usercode.parameters_of(build) == ("rate", "depth", "**")
    assert usercode.parameters_of(dict.fromkeys) == ("**",) or "**" not in usercode.parameters_of(dict.fromkeys)


def test_the_names_a_module_defines(beside):
    """Every top-level name is found, in branches too; with ``import *`` nobody can tell."""
    folder = beside(model__py=SOURCE.replace("from nets import *", ""), star__py="from nets import *")
    names = signatures.defined(folder / "model.py")
    assert {"plain", "Model", "short", "os", "broad", "conditional", "guarded", "third", "plain_again"} <= set(names)
    assert signatures.defined(folder / "star.py") is None


def test_where_modules_lie(folder):
    """Files and packages beside the study are found, and what is installed is known, without importing."""
    assert sources.beside("model", folder) == folder / "model.py"
    assert sources.beside("nets", folder) == folder / "nets" / "__init__.py"
    assert sources.beside("nets.dense", folder) == folder / "nets" / "dense.py"
    assert sources.beside("nets.deep", folder) is None
    assert sources.modules(folder) == ["model", "nets"]
    assert sources.installed("sklearn.svm")
    assert sources.installed("json")
    assert not sources.installed("surely_not_installed")
