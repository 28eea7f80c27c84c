"""``docs/study.md``, from the schema: printed by ``python -m job.study.docs``."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from job.study import document
from job.study.schema import json_schema

Schema = Mapping[str, Any]

_HEAD = """\
# The study file

A study is one YAML file with the code it names beside it. `tunejob init` writes one that runs; `tunejob check
study.yaml` tells every mistake in one, with its line and the nearest right word.

```yaml
# yaml-language-server: $schema=study.schema.json
{example}```

The first line lets editors complete and check it by [study.schema.json](study.schema.json), a file that
`tunejob schema` prints. This page is generated from it.

Numbers are read as YAML 1.2 reads them: `1e-4` is a number, `no` is a word. `module:name` is code of your own:
`model.py`, or a package, beside the study (no need to install it), or something installed. What counts as the
study's code is what these modules use: themselves, the modules beside the study that they import, and the files there
that they open; `tunejob check` lists them with the reason. When one of them changes, it is a new run, and `run` says
which; what else lies beside the study changes nothing. A file that `check` does not find is named under `files`; what
`.tunejobignore` names (patterns as in `.gitignore`) never counts. `Path(__file__).parent / "words.txt"` is found from
everywhere, a bare `"words.txt"` in pods, and elsewhere from the study's folder alone.
"""

EXAMPLE = """\
name: breast-cancer
model: model:build                    # build(hidden_units, learning_rate) -> compiled Keras model, in model.py
data: data:load                       # load() -> X, y, in data.py
search: {random: {trials: 60}}
space:
  hidden_units: {randint: [32, 257]}
  learning_rate: {loguniform: [1e-4, 1e-1]}
  batch_size: [16, 32, 64]            # build does not take it, the fit does
cv: {RepeatedStratifiedKFold: {n_splits: 5, n_repeats: 2}}
scoring: [roc_auc, neg_log_loss]
refit: roc_auc
fit:
  epochs: 50
  validation_split: 0.2
  early_stopping: {monitor: val_loss, patience: 5, restore_best_weights: true}
limits: {fit: 30m, run: 8h}
"""


def text() -> str:
    """The document, in Markdown."""
    schema = json_schema()
    return "\n".join([_HEAD.replace("{example}", EXAMPLE), *_overview(schema), *_sections(schema)])


def _overview(schema: Schema) -> Iterator[str]:
    yield "| field | | what it says |"
    yield "|---|---|---|"
    for name, field in schema["properties"].items():
        said = field.get("description", "").split(". ")[0].split("; ")[0].rstrip(".")
        yield f"| [`{name}`](#{name}) | {_default(name, field, schema)} | {_cell(said)} |"
    yield ""


def _sections(schema: Schema) -> Iterator[str]:
    for name, field in schema["properties"].items():
        yield f"## {name}\n"
        default = _default(name, field, schema)
        yield " ".join(part for part in [f"*{default.capitalize()}.*" if default else "", *_said(field)] if part)
        yield ""
        yield from _examples(name, field)
        yield from _forms(field)
        yield from _fields(schema, field)


def _default(name: str, field: Schema, of: Schema) -> str:
    if name in of.get("required", []):
        return "required"
    return f"default `{document.flow(field['default'])}`" if "default" in field else ""


def _said(field: Schema) -> Iterator[str]:
    yield field.get("description", "")
    for part in (field, *(field.get("anyOf") or [])):
        if "enum" in part and field.get("anyOf", [part])[-1] in (part, {"type": "null"}):
            yield f"One of {_words(part['enum'])}."


def _examples(name: str, field: Schema) -> Iterator[str]:
    examples = field.get("examples", [])
    if examples:
        yield "```yaml"
        yield "\n# or\n".join(_written(name, one) for one in examples)
        yield "```\n"


def _written(name: str, value: Any) -> str:
    inline = not isinstance(value, Mapping) and "{" not in document.flow(value)
    return f"{name}: {document.flow(value)}" if inline else document.dump({name: value}).strip()


def _forms(field: Schema) -> Iterator[str]:
    """What may be written within, where the schema describes it."""
    found = dict(_described(field))
    for word, said in found.items():
        yield f"- `{word}`: {said}"
    words = [one for part in _all(field) if len(part.get("enum", [])) > 5 for one in part["enum"]]
    if words:
        yield f"Editors complete {_words(dict.fromkeys(words))}."
    if found or words:
        yield ""


def _described(field: Schema) -> Iterator[tuple[str, str]]:
    for part in _all(field):
        for word, inner in part.get("properties", {}).items():
            if "description" in inner:
                yield word, inner["description"]


def _all(schema: Any) -> Iterator[Schema]:
    """A schema and all within it."""
    if isinstance(schema, Mapping):
        yield schema
        for value in schema.values():
            yield from _all(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _all(value)


def _fields(schema: Schema, field: Schema) -> Iterator[str]:
    """A mapping's own fields, as a table."""
    if inner := _inner(schema, field):
        yield "| field | | what it says |"
        yield "|---|---|---|"
        for name, value in inner["properties"].items():
            yield _row(name, value, inner)
            deeper = _inner(schema, value)
            for below, one in deeper.get("properties", {}).items():
                yield _row(f"{name}.{below}", one, deeper)
        yield ""


def _row(name: str, field: Schema, of: Schema) -> str:
    examples = ", ".join(f"`{document.flow(example)}`" for example in field.get("examples", []))
    said = " ".join([*_said(field), f"Such as {examples}." if examples else ""]).strip()
    return f"| `{name}` | {_default(name, field, of)} | {_cell(said)} |"


def _inner(schema: Schema, field: Schema) -> Schema:
    """The schema of a field that is a mapping of fields of its own."""
    for one in (field, *field.get("anyOf", [])):
        if "$ref" in one:
            found: Schema = schema["$defs"][one["$ref"].rpartition("/")[2]]
            return found
    return {}


def _words(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(text())
