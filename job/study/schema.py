"""The study's JSON Schema, which editors complete and check by: printed by ``python -m job.study.schema``."""

import json
import sys
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from job.study.study import Study


class _InOurOrder(GenerateJsonSchema):
    """Keeps fields and examples in the order in which they are written."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002
        return value


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a study as it may be written, short forms included."""
    generated = Study.model_json_schema(mode="validation", schema_generator=_InOurOrder)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A tunejob study",
        **{key: _without_titles(value) for key, value in generated.items() if key != "title"},
        "description": "What `tunejob` tunes: a model, its data, what varies, and how it is judged.",
    }
    _put_defaults(schema["properties"], Study, schema["$defs"])
    return schema


def text() -> str:
    """The JSON Schema as it is printed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _put_defaults(properties: dict[str, Any], model: type[BaseModel], definitions: dict[str, Any]) -> None:
    """Puts each default as it would be written; pydantic's are the values within."""
    fields = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    written = model.model_construct(**{name: field.get_default() for name, field in fields.items()}).model_dump()
    for name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        properties[name].pop("default", None)
        if isinstance(default, BaseModel) and "$ref" in properties[name]:
            inner = definitions[properties[name]["$ref"].rpartition("/")[2]]
            _put_defaults(inner["properties"], type(default), definitions)
        elif written[name] not in (None, [], ()):
            properties[name]["default"] = written[name]


def _without_titles(schema: Any, within: Literal["properties", ""] = "") -> Any:
    """A schema without the titles that only repeat names."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "title" or within == "properties"}
        return {
            key: value
            if key in ("examples", "default")
            else _without_titles(value, "properties" if key in ("properties", "$defs") and not within else "")
            for key, value in kept.items()
        }
    return [_without_titles(one) for one in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    sys.stdout.write(text())
