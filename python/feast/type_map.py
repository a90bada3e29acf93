"""Between wire values and Python values."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict
from uuid import UUID

from feast.protos.feast.types.Value_pb2 import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# What a null timestamp is on the wire: the smallest 64-bit integer.
NULL_TIMESTAMP_INT_VALUE = -(2**63)


def _moment(seconds: int) -> Any:
    return None if seconds == NULL_TIMESTAMP_INT_VALUE else _EPOCH + timedelta(seconds=seconds)


# Member of the oneof without `_val` -> what one element becomes.
_ELEMENTS: Dict[str, Callable[[Any], Any]] = {
    "unix_timestamp": _moment,
    "uuid": UUID,
    "time_uuid": UUID,
    "decimal": Decimal,
}


def feast_value_type_to_python_type(field_value_proto: Value, feature_type: Any = None) -> Any:
    """The Python value of a wire value.

    Args:
        field_value_proto: The value; unset means null.
        feature_type: Not needed; as upstream.

    Returns:
        None, a scalar, datetime in UTC, UUID, Decimal, list, set or dict.
    """
    member = field_value_proto.WhichOneof("val")
    if member is None or member == "null_val":
        return None
    value = getattr(field_value_proto, member)
    kind = member[: -len("_val")]
    if kind in ("map", "struct"):
        return _from_map(value)
    if kind in ("map_list", "struct_list"):
        return [_from_map(item) for item in value.val]
    if kind == "list":
        return [feast_value_type_to_python_type(item) for item in value.val]
    if kind == "set":
        return [feast_value_type_to_python_type(item) for item in value.val]
    if kind == "scalar_map":
        return _from_scalar_map(value)
    if kind == "zoned_timestamp":
        return _from_zoned(value)
    if kind.endswith("_list"):
        convert = _ELEMENTS.get(kind[: -len("_list")])
        return [convert(item) for item in value.val] if convert else list(value.val)
    if kind.endswith("_set"):
        convert = _ELEMENTS.get(kind[: -len("_set")])
        return {convert(item) for item in value.val} if convert else set(value.val)
    convert = _ELEMENTS.get(kind)
    return convert(value) if convert else value


def _from_map(message: Any) -> Dict[str, Any]:
    return {key: feast_value_type_to_python_type(item) for key, item in message.val.items()}


def _from_scalar_map(message: Any) -> Dict[Any, Any]:
    found = {}
    for entry in message.val:
        key_member = entry.key.WhichOneof(entry.key.DESCRIPTOR.oneofs[0].name)
        key = getattr(entry.key, key_member) if key_member else None
        found[key] = feast_value_type_to_python_type(entry.value)
    return found


def _from_zoned(message: Any) -> datetime:
    from zoneinfo import ZoneInfo

    moment = _EPOCH + timedelta(seconds=message.unix_timestamp)
    return moment.astimezone(ZoneInfo(message.zone)) if message.zone else moment
