"""The types that definition files name: primitives, arrays, sets and structs, and their wire and Arrow forms."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Dict, Union

from feast.value_type import ValueType

if TYPE_CHECKING:
    import pyarrow


class ComplexFeastType(ABC):
    """A type built from other types."""

    def __init__(self) -> None:
        pass

    @abstractmethod
    def to_value_type(self) -> ValueType:
        """The wire type; nested types lose their inner type, which fields keep in tags."""

    def __hash__(self) -> int:
        return hash(self.to_value_type().value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ComplexFeastType):
            return self.to_value_type() == other.to_value_type()
        return False


class PrimitiveFeastType(enum.Enum):
    """A type that is not built from others. The numbers are Feast's own, not those of the wire."""

    INVALID = 0
    BYTES = 1
    STRING = 2
    INT32 = 3
    INT64 = 4
    FLOAT64 = 5
    FLOAT32 = 6
    BOOL = 7
    UNIX_TIMESTAMP = 8
    PDF_BYTES = 9
    IMAGE_BYTES = 10
    MAP = 11
    JSON = 12
    UUID = 13
    TIME_UUID = 14
    DECIMAL = 15
    SCALAR_MAP = 16
    ZONED_TIMESTAMP = 17

    def to_value_type(self) -> ValueType:
        """The wire type of this primitive."""
        return ValueType[PRIMITIVE_FEAST_TYPES_TO_VALUE_TYPES[self.name]]

    def __str__(self) -> str:
        return PRIMITIVE_FEAST_TYPES_TO_STRING[self.name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrimitiveFeastType) and self.value == other.value

    def __hash__(self) -> int:
        return hash(("PrimitiveFeastType", self.value))


FeastType = Union[ComplexFeastType, PrimitiveFeastType]

Invalid = PrimitiveFeastType.INVALID
Bytes = PrimitiveFeastType.BYTES
PdfBytes = PrimitiveFeastType.PDF_BYTES
ImageBytes = PrimitiveFeastType.IMAGE_BYTES
String = PrimitiveFeastType.STRING
Bool = PrimitiveFeastType.BOOL
Int32 = PrimitiveFeastType.INT32
Int64 = PrimitiveFeastType.INT64
Float32 = PrimitiveFeastType.FLOAT32
Float64 = PrimitiveFeastType.FLOAT64
UnixTimestamp = PrimitiveFeastType.UNIX_TIMESTAMP
ZonedTimestamp = PrimitiveFeastType.ZONED_TIMESTAMP
Map = PrimitiveFeastType.MAP
Json = PrimitiveFeastType.JSON
ScalarMap = PrimitiveFeastType.SCALAR_MAP
Uuid = PrimitiveFeastType.UUID
TimeUuid = PrimitiveFeastType.TIME_UUID
Decimal = PrimitiveFeastType.DECIMAL

# Only the floats and the invalid type are called differently on the wire.
PRIMITIVE_FEAST_TYPES_TO_VALUE_TYPES: Dict[str, str] = {
    **{primitive.name: primitive.name for primitive in PrimitiveFeastType},
    "INVALID": "UNKNOWN",
    "FLOAT64": "DOUBLE",
    "FLOAT32": "FLOAT",
}

PRIMITIVE_FEAST_TYPES_TO_STRING: Dict[str, str] = {
    primitive.name: "".join(word.capitalize() for word in primitive.name.split("_"))
    for primitive in PrimitiveFeastType
}

_NOT_IN_ARRAYS = {ScalarMap, ZonedTimestamp}
_NOT_IN_SETS = {Map, ScalarMap, ZonedTimestamp}

SUPPORTED_BASE_TYPES = [primitive for primitive in PrimitiveFeastType if primitive not in _NOT_IN_ARRAYS]


def _refuse(base_type: object, collection: str) -> ValueError:
    return ValueError(f"Type {type(base_type)} is currently not supported as a base type for {collection}.")


def _collection_value_type(base_type: FeastType, suffix: str) -> ValueType:
    if isinstance(base_type, Struct):
        return ValueType.STRUCT_LIST
    if isinstance(base_type, (Array, Set)):
        return ValueType[f"VALUE_{suffix}"]
    return ValueType[f"{base_type.to_value_type().name}_{suffix}"]


class Array(ComplexFeastType):
    """A list of values of one type.

    Args:
        base_type: Type of the items: a primitive other than ScalarMap and ZonedTimestamp, or a complex type.

    Raises:
        ValueError: If lists of `base_type` do not exist.
    """

    base_type: FeastType

    def __init__(self, base_type: FeastType) -> None:
        if not isinstance(base_type, ComplexFeastType) and base_type not in SUPPORTED_BASE_TYPES:
            raise _refuse(base_type, "Array")
        self.base_type = base_type

    def to_value_type(self) -> ValueType:
        return _collection_value_type(self.base_type, "LIST")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and self.base_type == other.base_type

    def __hash__(self) -> int:
        return hash(("Array", self.base_type))

    def __str__(self) -> str:
        return f"Array({self.base_type})"


class Set(ComplexFeastType):
    """A collection of distinct values of one type, without order.

    Args:
        base_type: Type of the items: a primitive other than the maps and ZonedTimestamp, an array or a set.

    Raises:
        ValueError: If sets of `base_type` do not exist.
    """

    base_type: FeastType

    def __init__(self, base_type: FeastType) -> None:
        nested = isinstance(base_type, (Array, Set))
        if not nested and (base_type not in SUPPORTED_BASE_TYPES or base_type in _NOT_IN_SETS):
            raise _refuse(base_type, "Set")
        self.base_type = base_type

    def to_value_type(self) -> ValueType:
        return _collection_value_type(self.base_type, "SET")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and self.base_type == other.base_type

    def __hash__(self) -> int:
        return hash(("Set", self.base_type))

    def __str__(self) -> str:
        return f"Set({self.base_type})"


class Struct(ComplexFeastType):
    """A record with named, typed fields.

    Args:
        fields: Type of each field, at least one, in order.

    Raises:
        ValueError: If there is no field.
    """

    fields: Dict[str, FeastType]

    def __init__(self, fields: Dict[str, FeastType]) -> None:
        if not fields:
            raise ValueError("Struct must have at least one field.")
        self.fields = fields

    def to_value_type(self) -> ValueType:
        return ValueType.STRUCT

    def to_pyarrow_type(self) -> pyarrow.DataType:
        """The Arrow struct with the same fields."""
        import pyarrow

        return pyarrow.struct(
            [pyarrow.field(name, from_feast_to_pyarrow_type(dtype)) for name, dtype in self.fields.items()]
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(("Struct", tuple(self.fields.items())))

    def __str__(self) -> str:
        return "Struct({" + ", ".join(f"{name}: {dtype}" for name, dtype in self.fields.items()) + "})"


def _types_by_value_type() -> Dict[ValueType, FeastType]:
    """Wire types back to Feast types; struct fields and inner types are unknown, so they get a placeholder."""
    known: Dict[ValueType, FeastType] = {primitive.to_value_type(): primitive for primitive in PrimitiveFeastType}
    for primitive in PrimitiveFeastType:
        for suffix, collection in (("LIST", Array), ("SET", Set)):
            name = f"{primitive.to_value_type().name}_{suffix}"
            if name in ValueType.__members__:
                known[ValueType[name]] = collection(primitive)
    known[ValueType.STRUCT] = Struct({"_value": String})
    known[ValueType.STRUCT_LIST] = Array(Struct({"_value": String}))
    known[ValueType.VALUE_LIST] = Array(Array(String))
    known[ValueType.VALUE_SET] = Set(Array(String))
    return known


VALUE_TYPES_TO_FEAST_TYPES: Dict[ValueType, FeastType] = _types_by_value_type()

FEAST_VECTOR_TYPES = [
    wanted
    for name in ("BYTES_LIST", "INT32_LIST", "INT64_LIST", "FLOAT_LIST", "BOOL_LIST", "MAP_LIST")
    for wanted in (ValueType[name], VALUE_TYPES_TO_FEAST_TYPES[ValueType[name]])
]


def from_feast_type(feast_type: FeastType) -> ValueType:
    """The wire type of a Feast type.

    Raises:
        ValueError: If `feast_type` is not a type, or a collection that the wire does not know.
    """
    if isinstance(feast_type, (ComplexFeastType, PrimitiveFeastType)):
        try:
            return feast_type.to_value_type()
        except KeyError as error:
            raise ValueError(f"Could not convert feast type {feast_type} to ValueType.") from error
    raise ValueError(f"Could not convert feast type {feast_type} to ValueType.")


def from_value_type(value_type: ValueType) -> FeastType:
    """The Feast type of a wire type.

    Raises:
        ValueError: If there is none, as for NULL.
    """
    if value_type in VALUE_TYPES_TO_FEAST_TYPES:
        return VALUE_TYPES_TO_FEAST_TYPES[value_type]
    raise ValueError(f"Could not convert value type {value_type} to FeastType.")


def from_feast_to_pyarrow_type(feast_type: FeastType) -> pyarrow.DataType:
    """The Arrow type of a Feast type.

    Raises:
        ValueError: If there is none, as for bytes and scalar maps.
    """
    import pyarrow

    if isinstance(feast_type, Struct):
        return feast_type.to_pyarrow_type()
    if isinstance(feast_type, (Array, Set)):
        return pyarrow.list_(from_feast_to_pyarrow_type(feast_type.base_type))
    arrow = {
        String: pyarrow.string(),
        Bool: pyarrow.bool_(),
        Int32: pyarrow.int32(),
        Int64: pyarrow.int64(),
        Float32: pyarrow.float32(),
        Float64: pyarrow.float64(),
        UnixTimestamp: pyarrow.timestamp("us", tz="UTC"),
        ZonedTimestamp: pyarrow.timestamp("us", tz="UTC"),
        Map: pyarrow.map_(pyarrow.string(), pyarrow.string()),
        Json: pyarrow.large_string(),
        Uuid: pyarrow.string(),
        TimeUuid: pyarrow.string(),
        Decimal: pyarrow.string(),
    }.get(feast_type)
    if arrow is None:
        raise ValueError(f"Could not convert Feast type {feast_type} to PyArrow type.")
    return arrow
