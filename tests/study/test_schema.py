"""The schema says what the reader takes, and the document is made of it."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from job.study import docs, document, reading, schema
from job.study.study import Study

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(schema.json_schema())
SAMPLE = (Path(__file__).parent / "samples" / "format-1.yaml").read_text()


def valid(text):
    """Whether an editor would accept a study's text."""
    return VALIDATOR.is_valid(json.loads(json.dumps(document.load(text, "x").values)))


def test_the_stored_schema_and_document_are_the_printed_ones():
    """``docs/`` holds what these modules print."""
    for file, module in {"study.schema.json": "job.study.schema", "study.md": "job.study.docs"}.items():
        command = [sys.executable, "-m", module]
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert (ROOT / "docs" / file).read_text() == printed


def test_the_schema_is_a_schema():
    """It is valid JSON Schema, and plain JSON."""
    jsonschema.Draft202012Validator.check_schema(schema.json_schema())
    assert json.loads(schema.text()) == schema.json_schema()


@pytest.mark.parametrize("text", [SAMPLE, docs.EXAMPLE, reading.dump(reading.parse(SAMPLE, "x"))])
def test_studies_that_are_read_are_valid(text):
    """Short forms, long ones and stored studies pass the schema."""
    VALIDATOR.validate(json.loads(json.dumps(document.load(text, "x").values)))


def test_every_field_is_described():
    """No field of the study, and none within, lacks its sentence."""
    found = schema.json_schema()
    within = [inner["properties"] for inner in found["$defs"].values() if "properties" in inner]
    for fields in (found["properties"], *within):
        for name, field in fields.items():
            assert field.get("description"), name


def test_every_example_is_read_and_valid(study):
    """What the schema gives as an example can be written so."""
    for name, field in Study.model_fields.items():
        for example in field.examples or []:
            of_tables = ("target", "features", "separator", "decimal", "encoding", "header")
            csv = {"data": "t.csv", "target": "label"} if name in of_tables else {}
            scored = {"scoring": "accuracy"} if name == "refit" else {"scoring": "roc_auc"} if name == "scoring" else {}
            drawn = {"search": "{random: {trials: 3}}"} if name == "space" else {}
            refit = {"refit": "roc_auc"} if name == "scoring" and isinstance(example, list) else {}
            target = {"target": "y"} if name == "data" and str(example).endswith(".csv") else {}
            fields = {**csv, **scored, **drawn, **refit, **target, name: document.flow(example)}
            assert study(**fields), (name, example)


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"search": "grid"}, True),
        ({"search": "gird"}, False),
        ({"search": "{random: {trials: 3}}"}, True),
        ({"search": "{random: {trials: 0}}"}, False),
        ({"search": "{random: {}}"}, False),
        ({"space": "[{a: [1]}, {b: {range: [1, 3]}}]"}, True),
        ({"space": "{a: 3}"}, False),
        ({"space": "{a: []}"}, False),
        ({"cv": "3"}, True),
        ({"cv": "1"}, False),
        ({"cv": "LeaveOneOut"}, True),
        ({"cv": "{KFold: {n_splits: 3}}"}, True),
        ({"cv": "[3]"}, False),
        ({"limits": "{fit: 1h30m, run: 90}"}, True),
        ({"limits": "{fit: soon}"}, False),
        ({"fit": "{epochs: 3, class_weight: balanced}"}, True),
        ({"fit": "{epochs: 0}"}, False),
        ({"fit": "{epoch: 3}"}, False),
        ({"fit": "{callbacks: ['my:Cb', {'my:Cb': {x: 1}}]}"}, True),
        ({"error_score": "nan"}, True),
        ({"error_score": "rise"}, False),
        ({"name": "Big"}, False),
        ({"model": "model.build"}, False),
        ({"model": None}, False),
        ({"data": "[X.npy, y.npy]"}, True),
        ({"data": "train.txt"}, False),
        ({"task": "multclass"}, False),
        ({"seed": "-1"}, False),
        ({"colour": "red"}, False),
    ],
)
def test_the_schema_and_the_reader_agree(text_of, said, fields, right):
    """What an editor marks is what the reader refuses."""
    assert valid(text_of(**fields)) is right
    assert (said(**fields) == []) is right


def test_reading_imports_neither_scikit_learn_nor_tensorflow():
    """Reading modules are light; what is heavy is imported when a study needs it."""
    code = "import sys, job.study.reading; print([m for m in ('sklearn', 'scipy', 'tensorflow') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
