"""A column of a feature view: name, type, and how vectors in it are searched."""

from __future__ import annotations

from typing import Dict, Optional

from feast.argument_types import checked
from feast.feature import Feature
from feast.protos.feast.core.Feature_pb2 import FeatureSpecV2
from feast.type_text import struct_from_text, struct_to_text, type_from_text, type_to_text
from feast.types import Array, FeastType, Set, Struct, from_value_type
from feast.value_type import ValueType

# The wire type of a struct or nested collection loses what is inside; these tags carry it.
STRUCT_SCHEMA_TAG = "feast:struct_schema"
NESTED_COLLECTION_INNER_TYPE_TAG = "feast:nested_inner_type"


class Field:
    """A named, typed column.

    Args:
        name: Name of the column.
        dtype: Type of its values.
        description: Text for people.
        tags: Labels; the prefix `feast:` is reserved.
        vector_index: Whether the column is indexed for vector search.
        vector_length: Number of components of the vectors, 0 if not fixed.
        vector_search_metric: Distance of the vector search, such as `cosine` or `L2`.

    Raises:
        TypeCheckError: If `dtype` is not a type of `feast.types`.
    """

    name: str
    dtype: FeastType
    description: str
    tags: Dict[str, str]
    vector_index: bool
    vector_length: int
    vector_search_metric: Optional[str]

    @checked
    def __init__(
        self,
        *,
        name: str,
        dtype: FeastType,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        vector_index: bool = False,
        vector_length: int = 0,
        vector_search_metric: Optional[str] = None,
    ):
        self.name = name
        self.dtype = dtype
        self.description = description
        self.tags = tags or {}
        self.vector_index = vector_index
        self.vector_length = vector_length
        self.vector_search_metric = vector_search_metric or None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and all(
            getattr(self, name) == getattr(other, name)
            for name in (
                "name",
                "dtype",
                "description",
                "tags",
                "vector_length",
                "vector_index",
                "vector_search_metric",
            )
        )

    def __hash__(self) -> int:
        return hash((self.name, hash(self.dtype)))

    def __lt__(self, other: Field) -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return (
            f"Field(\n    name={self.name!r},\n    dtype={self.dtype!r},\n    description={self.description!r},\n"
            f"    tags={self.tags!r}\n    vector_index={self.vector_index!r}\n"
            f"    vector_length={self.vector_length!r}\n    vector_search_metric={self.vector_search_metric!r}\n)"
        )

    def __str__(self) -> str:
        return f"Field(name={self.name}, dtype={self.dtype}, tags={self.tags})"

    def to_proto(self) -> FeatureSpecV2:
        """The message of the field; struct fields and inner types go into reserved tags."""
        tags = dict(self.tags)
        item = self.dtype.base_type if isinstance(self.dtype, Array) else self.dtype
        if isinstance(item, Struct):
            tags[STRUCT_SCHEMA_TAG] = struct_to_text(item)
        elif isinstance(self.dtype, (Array, Set)) and isinstance(self.dtype.base_type, (Array, Set)):
            tags[NESTED_COLLECTION_INNER_TYPE_TAG] = type_to_text(self.dtype)
        return FeatureSpecV2(
            name=self.name,
            value_type=self.dtype.to_value_type().value,
            description=self.description,
            tags=tags,
            vector_index=self.vector_index,
            vector_length=self.vector_length,
            vector_search_metric=self.vector_search_metric or "",
        )

    @classmethod
    def from_proto(cls, field_proto: FeatureSpecV2) -> Field:
        """The field of a message; reserved tags become part of the type again."""
        tags = dict(field_proto.tags)
        struct_text = tags.pop(STRUCT_SCHEMA_TAG, None)
        nested_text = tags.pop(NESTED_COLLECTION_INNER_TYPE_TAG, None)
        value_type = ValueType(field_proto.value_type)
        dtype: FeastType
        if struct_text and value_type in (ValueType.STRUCT, ValueType.STRUCT_LIST):
            struct = struct_from_text(struct_text)
            dtype = struct if value_type == ValueType.STRUCT else Array(struct)
        elif nested_text and value_type in (ValueType.VALUE_LIST, ValueType.VALUE_SET):
            dtype = type_from_text(nested_text)
        else:
            dtype = from_value_type(value_type)
        return cls(
            name=field_proto.name,
            dtype=dtype,
            description=field_proto.description,
            tags=tags,
            vector_index=field_proto.vector_index,
            vector_length=field_proto.vector_length,
            vector_search_metric=field_proto.vector_search_metric,
        )

    @classmethod
    def from_feature(cls, feature: Feature) -> Field:
        """The field of a feature of the old kind."""
        return cls(
            name=feature.name,
            dtype=from_value_type(feature.dtype),
            description=feature.description,
            tags=feature.labels,
        )
