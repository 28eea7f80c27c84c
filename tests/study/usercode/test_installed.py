"""Installed packages that a study's code stands on: in which version, or by which code."""

import json

import pytest

from job.study import packages, reading
from job.study.usercode import installed

STUDY = """
name: small
model: {model}
data: data:load
search: grid
space: {{units: [1]}}
scoring: [{scorer}]
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Installs made-up packages of one module each, as pip does, and returns how."""
    place = tmp_path / "image" / "site-packages"
    monkeypatch.syspath_prepend(place)

    def install(top, version="1.2.3", text="", origin=None):
        package, about = place / top, place / f"{top}_dist-{version}.dist-info"
        for folder in (package, about):
            folder.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(text)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {top}_dist\nVersion: {version}\n")
        (about / "RECORD").write_text(f"{top}/__init__.py,,\n")
        if origin:
            (about / "direct_url.json").write_text(json.dumps(origin))
        return place

    return install


@pytest.fixture
def folder(tmp_path):
    """A study's folder."""
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "data.py").write_text("import loaders\ndef load(): ...\n")
    return tmp_path / "study"


def found(folder, model="model:build", scorer="accuracy"):
    """What fits are trained by, and what else decides scores."""
    return packages.find(reading.parse(STUDY.format(model=model, scorer=scorer), "study.yaml"), folder)


def test_what_the_models_modules_import_is_told_with_its_version(folder, site):
    """By way of other modules and in functions too; not what every run tells, nor what the loader imports."""
    for top in ("inhouse", "lazily", "loaders"):
        site(top)
    (folder / "layers").mkdir()
    (folder / "layers" / "own.py").write_text("def one():\n    from lazily.deep import x\n")
    (folder / "model.py").write_text(
        "import os, keras, inhouse.sub, absent\nfrom layers import own\ndef build(): ...\n"
    )
    assert found(folder) == ({"inhouse-dist": "1.2.3", "lazily-dist": "1.2.3"}, {})


def test_what_the_study_names_in_a_package_is_told(folder, site):
    """A model, and a scorer apart: that one trains nothing again."""
    site("inhouse", "2.0")
    site("scorers")
    assert found(folder, "inhouse.models:build", "scorers:own") == (
        {"inhouse-dist": "2.0"}, {"scorers-dist": "1.2.3"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "origin"),
    [("1.0", {"dir_info": {"editable": True}, "url": "file:///code"}), ("1.0", {"dir_info": {}}), ("0.0.0", None)],
)
def test_a_version_that_tells_no_code_has_a_digest_beside(folder, site, version, origin):
    """Installed for editing, from a folder, or without a version: the source is what counts."""
    site("inhouse", version, "x = 1", origin)
    before = installed.versions(["inhouse"], folder)
    assert before["inhouse-dist"].startswith(f"{version} sha256 ")
    assert installed.versions(["inhouse"], folder) == before
    site("inhouse", version, "x = 2", origin)
    assert installed.versions(["inhouse"], folder) != before


def test_a_module_of_no_distribution_is_told_by_its_code(folder, tmp_path, monkeypatch):
    """What merely lies on the path, as in an image; beside the study files are told one by one."""
    (tmp_path / "shared").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "shared")
    monkeypatch.syspath_prepend(folder)
    (folder / "model.py").write_text("import data, lying\ndef build(): ...\n")
    told = []
    for text in ("x = 1", "x = 22"):
        (tmp_path / "shared" / "lying.py").write_text(text)
        told.append(found(folder)[0])
    assert [list(one) for one in told] == [["lying"], ["lying"]]
    assert told[0] != told[1]
