"""What pydantic finds wrong, in our words: what was got, what is allowed, the nearest right word."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from job.study import document, plain_words, slips
from job.study.mistakes import Mistake, Place, listed, nearest, shown
from job.study.study import Search, Study, Value

_ALLOWED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
}


def mistakes(error: ValidationError) -> Iterator[Mistake]:
    """A mistake for each of pydantic's errors, in its order."""
    for details in error.errors(include_url=False):
        place = details["loc"]
        if place[-1] == "[key]" or details["type"] == "invalid_key":  # a key that is no text
            place = tuple(step for step in place if step != "[key]")
            place = (*place[:-1], str(place[-1]))
        yield Mistake(place, _message(place, details))


def _message(place: Place, details: ErrorDetails) -> str:
    kind, got, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "form":
        return str(context["said"])
    if kind == "missing":
        return f"is missing. {_how(place)}"
    if kind in ("extra_forbidden", "invalid_key"):
        return _no_field(place)
    if kind == "literal_error":
        words = [str(word) for word in _choices(place)]
        return f"got {shown(got)}; allowed {_is(words)} {listed(words)}.{nearest(got, words)}"
    allowed = _ALLOWED[kind].format(**context) if kind in _ALLOWED else details["msg"]
    if kind == "model_type" and (field := _field(place)) and field.examples:
        allowed += f", such as `{document.flow(field.examples[0])}`"
    if got == plain_words.NOTHING:
        return f"got the text `None`; allowed is {allowed}. To give none, write `null`, or leave the field out."
    slip = slips.unspaced(got) if kind in ("model_type", "dict_type") else _quotes(got, kind)
    return f"got {shown(got)}; allowed is {allowed}.{slip}"


def _quotes(got: Any, kind: str) -> str:
    """The remedy for a number in quotes, where a number is wanted."""
    is_number = kind in ("int_type", "float_type") and isinstance(got, str) and got.strip().lstrip("+-")[:1].isdigit()
    return f" Take the quotes off: `{got.strip()}`." if is_number else ""


def _no_field(place: Place) -> str:
    fields, word = list(_fields(place[:-1])), place[-1]
    for name, field in Study.model_fields.items():
        inner = [part for part in _parts(field.annotation) if _is_value(part)]
        if len(place) == 1 and inner and word in inner[0].model_fields:
            return f"there is no such field here; it belongs to `{name}`: `{name}: {{{word}: …}}`."
    return f"there is no such field; allowed are {listed(fields)}.{slips.unspaced(word) or nearest(word, fields)}"


def _is(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"


def _how(place: Place) -> str:
    field = _field(place)
    example = f" For example `{place[-1]}: {field.examples[0]}`." if field and field.examples else ""
    return f"{field.description if field else ''}{example}".strip()


def _choices(place: Place) -> tuple[Any, ...]:
    field = _field(place)
    found = [part for part in _parts(field.annotation) if isinstance(part, (str, int))] if field else []
    return tuple(found)


def _fields(place: Place) -> tuple[str, ...]:
    model = _model(place)
    return ("trials", "seed") if model is Search else tuple(model.model_fields)


def _field(place: Place) -> FieldInfo | None:
    return _model(place[:-1]).model_fields.get(str(place[-1]))


def _model(place: Place) -> type[Value]:
    model: type[Value] = Study
    for step in place:
        field = model.model_fields.get(str(step))
        inner = [part for part in _parts(field.annotation) if _is_value(part)] if field else []
        model = inner[0] if inner else model
    return model


def _is_value(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Value)


def _parts(annotation: Any) -> Iterator[Any]:
    """What a type is made of, through unions, tuples, annotations and literals."""
    if get_origin(annotation) in (Union, UnionType, Annotated, tuple) or _is_literal(annotation):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _is_literal(annotation: Any) -> bool:
    return str(get_origin(annotation)) == "typing.Literal"
