"""Changes to a part of a record: JSON merge patch (RFC 7396), validated as the whole record would be."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Optional, TypeVar, cast

from pydantic import Field, ValidationError, create_model

from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message, json_pointer
from app.core.schema import SchemaIn, SentBackIn
from app.core.wording import plainly

Schema = TypeVar("Schema", bound=SchemaIn)
MERGE_PATCH = "application/merge-patch+json"


def all_optional(schema: type[Schema]) -> type[Schema]:
    """Return `schema` with every field optional, as a merge patch is: left out is unchanged, null is removed."""
    fields: dict[str, Any] = {
        name: (
            Optional[Annotated[info.annotation, *info.metadata]] if info.metadata else Optional[info.annotation],  # noqa: UP045 -- made of values
            Field(default=None, description=info.description, json_schema_extra=info.json_schema_extra),
        )
        for name, info in schema.model_fields.items()
    }
    base = SentBackIn if issubclass(schema, SentBackIn) else SchemaIn
    made = create_model(schema.__name__, __base__=base, __doc__=schema.__doc__, __module__=schema.__module__, **fields)
    if issubclass(schema, SentBackIn):
        made.read_only = schema.read_only  # type: ignore[attr-defined]  # it is one of those then
    return cast("type[Schema]", made)


def sent(patch: SchemaIn) -> dict[str, Any]:
    """Return a patch as it was sent: only the fields that it names."""
    return patch.model_dump(mode="json", exclude_unset=True)


def merged(target: Any, patch: Any) -> Any:
    """Return `target` changed as the merge patch says (RFC 7396, section 2); neither is changed itself."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def validated(schema: type[Schema], data: Mapping[str, Any], *, unknown: Literal["ignore"] | None = None) -> Schema:
    """Return `data` as `schema`; fields that it does not know are refused, or ignored.

    Raises:
        InvalidContent: with a pointer to each field that is wrong.
    """
    try:
        return schema.model_validate(data, extra=unknown)
    except ValidationError as error:
        faults = [FieldFault(json_pointer(item["loc"]), plainly(dict(item))) for item in error.errors()]
        raise InvalidContent(Message(SEE_ERRORS), faults) from error
