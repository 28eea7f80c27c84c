"""Functions that travel: a notebook's by its source, a module's by its files; what can't is named with the remedy."""

import linecache
import sys
import textwrap

import pytest

from job.study.usercode import travelling


@pytest.fixture
def cell():
    """Return what runs a text as a notebook's cell does, in one namespace, and gives a name of it."""
    space = {"__name__": "__main__", "__builtins__": __builtins__}
    made = []

    def run(text, name):
        text = textwrap.dedent(text)
        file = f"<cell {len(made)} of test_travelling>"
        made.append(file)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), space)  # noqa: S102  # as a notebook does
        return space[name]

    yield run
    for file in made:
        linecache.cache.pop(file, None)


def ran(sent):
    """Run the module that travels in a namespace of its own, and return the function."""
    space = {}
    exec(sent.files[f"{sent.module}.py"].decode(), space)  # noqa: S102  # what a worker imports
    return space[sent.name]


def test_a_function_of_a_cell_travels_with_its_imports(cell):
    """Those at the top of its cell, those inside it, modules that the notebook imported before, and defaults."""
    cell("import math\nimport os.path as paths\n", "math")
    made = cell(
        """
        from collections import OrderedDict as Ordered

        def build(units=3, kind=Ordered):
            import json
            return json.loads(json.dumps(kind(a=math.floor(units + 0.5), b=paths.join("x", "y"))))
        """,
        "build",
    )
    found = travelling.of(made)
    assert found.spec == "notebook_build:build"
    assert list(found.files) == ["notebook_build.py"]
    assert ran(found)(4) == made(4) == {"a": 4, "b": "x/y"}


def test_names_that_other_cells_imported_are_imported_anew(cell):
    """A function of a module, by itself or under another name, and two parts of one package."""
    cell("from math import floor as down\nimport os.path\nimport collections.abc\n", "down")
    made = cell("import os.path\nimport os\ndef build(n):\n    return down(n), os.path.sep, os.sep\n", "build")
    assert ran(travelling.of(made))(2.5) == made(2.5)


def test_modules_that_a_cell_imports_travel_with_it(cell, tmp_path, monkeypatch):
    """Those that are files of the user's, with what these import; never what is installed."""
    (tmp_path / "cells_layers.py").write_text("import cells_sizes\n\n\ndef width():\n    return cells_sizes.WIDTH\n")
    (tmp_path / "cells_sizes.py").write_text("WIDTH = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    made = cell("def build():\n    import numpy, cells_layers\n    return cells_layers.width()\n", "build")
    assert sorted(travelling.of(made).files) == ["cells_layers.py", "cells_sizes.py", "notebook_build.py"]
    made()
    assert sorted(travelling.of(made).files) == ["cells_layers.py", "cells_sizes.py", "notebook_build.py"]
    for name in ("cells_layers", "cells_sizes"):
        del sys.modules[name]


def test_annotations_that_a_cell_leaves_unread_stay_so(cell):
    """By its own line, or one of a cell before it, which notebooks keep; elsewhere they are read, so they are named."""
    text = "def build(n: Unknown = 3) -> Missing:\n    return n\n"
    made = cell(f"from __future__ import annotations\n{text}", "build")
    sent = travelling.of(made)
    assert sent.files["notebook_build.py"].decode().startswith("from __future__ import annotations\n")
    assert ran(sent)(4) == made(4) == 4
    with pytest.raises(ValueError, match="`Missing` and `Unknown`"):
        travelling.of(cell(f"Unknown = Missing = 3\n{text}", "build"))


def test_names_of_its_own_and_of_python_need_nothing(cell):
    """Inner functions, comprehensions, recursion, arguments, built-ins."""
    made = cell(
        """
        def build(n):
            def inner(k):
                return [k * one for one in range(n)]
            return sum(inner(2)) if n < 3 else build(n - 1)
        """,
        "build",
    )
    assert ran(travelling.of(made))(5) == made(5)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("width = 8\ndef build():\n    return width\n", "`width`"),
        ("def helper():\n    return 1\ndef build():\n    return helper()\n", "`helper`"),
        ("width = 8\ndef build(n=width):\n    return n\n", "`width`"),
        ("def mark(f):\n    return f\n@mark\ndef build():\n    return 1\n", "`mark`"),
        ("a, b = 1, 2\ndef build():\n    return [a for _ in range(b)]\n", "`a` and `b`"),
    ],
)
def test_what_a_notebook_defines_elsewhere_is_named(cell, text, missing):
    """With what to do about it."""
    with pytest.raises(ValueError, match="which its own source does not have") as told:
        travelling.of(cell(text, "build"))
    assert f"uses {missing}, " in str(told.value)
    assert "model.py" in str(told.value)


def test_a_closure_and_a_lambda_are_refused(cell):
    """Neither has a name that workers could import."""
    made = cell("def outer(n):\n    def build():\n        return n\n    return build\nbuild = outer(3)\n", "build")
    with pytest.raises(ValueError, match="can't travel to workers: they import a function by its name"):
        travelling.of(made)
    with pytest.raises(ValueError, match="a lambda can't travel"):
        travelling.of(lambda: 1)


def test_a_function_whose_source_is_gone_is_refused():
    """As one that was typed into a plain interpreter."""
    space = {"__name__": "__main__"}
    exec("def build():\n    return 1\n", space)  # noqa: S102
    with pytest.raises(ValueError, match="the source of `build` can't be found"):
        travelling.of(space["build"])


def test_a_module_travels_with_those_beside_it_that_it_imports(tmp_path, monkeypatch):
    """As a study's code does; what else lies there does not."""
    (tmp_path / "travelling_layers.py").write_text("WIDTH = 3\n")
    (tmp_path / "travelling_other.py").write_text("1 / 0\n")
    text = "from travelling_layers import WIDTH\n\n\ndef build():\n    return WIDTH\n"
    (tmp_path / "travelling_model.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import travelling_model

    found = travelling.of(travelling_model.build)
    assert found.spec == "travelling_model:build"
    assert sorted(found.files) == ["travelling_layers.py", "travelling_model.py"]
    assert found.files["travelling_model.py"].decode() == text
    for name in ("travelling_model", "travelling_layers"):
        del sys.modules[name]


def test_what_is_installed_needs_no_file():
    """Workers have it, or their image must."""
    from sklearn.metrics import accuracy_score

    assert travelling.of(accuracy_score).files == {}


def test_each_function_of_a_notebook_is_a_module_of_its_own(cell):
    """So that one may import as `x` what another imports otherwise; two of one name would be mixed up."""
    one = travelling.of(cell("import math as x\ndef one():\n    return x.pi\n", "one"))
    two = travelling.of(cell("import json as x\ndef two():\n    return x.dumps(1)\n", "two"))
    files = travelling.together([one, two, one])
    assert sorted(files) == ["notebook_one.py", "notebook_two.py"]
    assert (ran(one)() > 3, ran(two)()) == (True, "1")
    other = travelling.of(cell("def one():\n    return 2\n", "one"))
    with pytest.raises(ValueError, match="two different `one` would travel to workers under one name; rename one"):
        travelling.together([one, other])
