"""Examples for the OpenAPI document, made of those of the fields, so that they cannot drift from the schemas."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.openapi.constants import REF_PREFIX

_OF_FORMAT = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T12:00:00Z",
    "uri": "https://www.example.org/",
}
_NONE = object()
# How many fields the example of a change names: a change is a part of a record.
_FIELDS_OF_A_CHANGE = 2


def give_examples(schemas: Mapping[str, dict[str, Any]], examples: Mapping[str, Any]) -> None:
    """Give every field of `schemas` an example; `examples` holds them by `Schema.field` or by `field`."""
    for name, schema in schemas.items():
        for field, part in schema.get("properties", {}).items():
            _give_example(part, examples.get(f"{name}.{field}", examples.get(field, _NONE)), schemas)


def example_of(schema: dict[str, Any], schemas: Mapping[str, dict[str, Any]]) -> Any:
    """Return an example of `schema`: its own, or one put together from those of its parts."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(REF_PREFIX)], schemas)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema["items"], schemas)]
    if kind == "integer":
        return schema.get("default", schema.get("minimum", 1))
    if kind == "boolean":
        return schema.get("default", False)
    return schema.get("default") or _OF_FORMAT.get(schema.get("format", ""), "…")


def example_of_change(schema: dict[str, Any], schemas: Mapping[str, dict[str, Any]]) -> Any:
    """Return an example of a merge patch: some fields only, since null in one means that the field is removed."""
    whole = example_of(schema, schemas)
    told = [(name, value) for name, value in whole.items() if value is not None]
    return dict(told[:_FIELDS_OF_A_CHANGE])


def _give_example(part: dict[str, Any], example: Any, schemas: Mapping[str, dict[str, Any]]) -> None:
    """Give a field, or each item of a list, an example that fits; dates and instants have theirs (RFC 3339)."""
    kinds = [part, *part.get("anyOf", [])]
    if items := next((kind["items"] for kind in kinds if kind.get("type") == "array"), None):
        _give_example(items, example, schemas)
        return
    shape = next((kind["format"] for kind in kinds if kind.get("format") in _OF_FORMAT), None)
    if shape:
        part.setdefault("example", _OF_FORMAT[shape])
    elif example is not _NONE and _may_be(example, kinds, schemas):
        part.setdefault("example", example)


def _may_be(example: Any, kinds: Sequence[dict[str, Any]], schemas: Mapping[str, dict[str, Any]]) -> bool:
    """Tell whether an example fits a field: fields of many schemas are called `kind`, each with words of its own."""
    whole = [schemas[kind["$ref"].removeprefix(REF_PREFIX)] if "$ref" in kind else kind for kind in kinds]
    types = {kind["type"] for kind in whole if "type" in kind}
    words = [word for kind in whole for word in kind.get("enum", [])]
    if example is None:
        return not types or "null" in types
    return (not words or example in words) and (isinstance(example, dict) or "object" not in types)
