"""Types as text, as the reserved tags of fields hold them.

A primitive is its name in capitals, a collection `Array(…)` or `Set(…)`, a struct the JSON object
`{"__struct__": {field: type text}}`. The struct of a field itself is written without the outer key.
"""

from __future__ import annotations

import json

from feast.types import Array, FeastType, PrimitiveFeastType, Set, String, Struct

_STRUCT_KEY = "__struct__"
_COLLECTIONS = {"Array": Array, "Set": Set}


def type_to_text(dtype: FeastType) -> str:
    """The text of any type."""
    if isinstance(dtype, PrimitiveFeastType):
        return dtype.name
    if isinstance(dtype, Struct):
        return json.dumps({_STRUCT_KEY: _fields_to_text(dtype)})
    if isinstance(dtype, (Array, Set)):
        return f"{type(dtype).__name__}({type_to_text(dtype.base_type)})"
    return dtype.to_value_type().name


def type_from_text(text: str) -> FeastType:
    """The type of a text; names that are not known are read as String, as by other readers."""
    for name, collection in _COLLECTIONS.items():
        if text.startswith(f"{name}(") and text.endswith(")"):
            return collection(type_from_text(text[len(name) + 1 : -1]))
    if text.startswith("{"):
        content = json.loads(text)
        if _STRUCT_KEY in content:
            return _fields_from_text(content[_STRUCT_KEY])
    return PrimitiveFeastType.__members__.get(text, String)


def struct_to_text(struct: Struct) -> str:
    """The text of the struct of a field: a JSON object of its fields."""
    return json.dumps(_fields_to_text(struct))


def struct_from_text(text: str) -> Struct:
    """The struct whose text is a JSON object of its fields."""
    return _fields_from_text(json.loads(text))


def _fields_to_text(struct: Struct) -> dict[str, str]:
    return {name: type_to_text(dtype) for name, dtype in struct.fields.items()}


def _fields_from_text(fields: dict[str, str]) -> Struct:
    return Struct({name: type_from_text(text) for name, text in fields.items()})
