"""The old form of a field, still used by some callers: it names a wire type instead of a Feast type."""

from __future__ import annotations

from typing import Dict, Optional

from feast.protos.feast.core.Feature_pb2 import FeatureSpecV2
from feast.value_type import ValueType


class Feature:
    """A named column with a wire type.

    Args:
        name: Name of the column.
        dtype: Wire type of its values.
        description: Text for people.
        labels: Free key-value pairs.

    Raises:
        ValueError: If `dtype` is not a ValueType.
    """

    def __init__(self, name: str, dtype: ValueType, description: str = "", labels: Optional[Dict[str, str]] = None):
        if not isinstance(dtype, ValueType):
            raise ValueError("dtype is not a valid ValueType")
        self._name = name
        self._dtype = dtype
        self._description = description
        self._labels = labels or {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def dtype(self) -> ValueType:
        return self._dtype

    @property
    def description(self) -> str:
        return self._description

    @property
    def labels(self) -> Dict[str, str]:
        return self._labels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feature) and (self.name, self.dtype) == (other.name, other.dtype)

    def __hash__(self) -> int:
        return hash((self.name, self.dtype))

    def __lt__(self, other: Feature) -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return f"Feature({self._name!r}, {self._dtype!r}, {self._description!r}, {self._labels!r})"

    def __str__(self) -> str:
        return f"Feature<{self.name}: {self.dtype}>"

    def to_proto(self) -> FeatureSpecV2:
        """The message of the feature."""
        return FeatureSpecV2(
            name=self.name, value_type=self.dtype.value, description=self.description, tags=self.labels
        )

    @classmethod
    def from_proto(cls, feature_proto: FeatureSpecV2) -> Feature:
        """The feature of a message."""
        return cls(
            name=feature_proto.name,
            dtype=ValueType(feature_proto.value_type),
            description=feature_proto.description,
            labels=dict(feature_proto.tags),
        )
