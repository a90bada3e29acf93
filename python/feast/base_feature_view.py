"""What all kinds of feature views have in common: name, features, projection."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Dict, List, Optional, Type, TypeVar

from feast.data_source import DataSource
from feast.definition import Definition
from feast.feature_view_projection import FeatureViewProjection
from feast.field import Field

View = TypeVar("View", bound="BaseFeatureView")


class BaseFeatureView(Definition, ABC):
    """A named group of features.

    Args:
        name: Name, unique in the project whatever the case and kind.
        features: Its features.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        source: Its data source, if it has one.
    """

    VIEW_TYPE: ClassVar[str] = "featureView"

    name: str
    features: List[Field]
    entity_columns: List[Field]
    description: str
    tags: Dict[str, str]
    owner: str
    source: Optional[Any]
    projection: FeatureViewProjection
    created_timestamp: Optional[datetime]
    last_updated_timestamp: Optional[datetime]
    version: str
    current_version_number: Optional[int]

    def __init__(
        self,
        *,
        name: str,
        features: Optional[List[Field]] = None,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
        source: Optional[DataSource] = None,
    ):
        self.name = name
        self.features = features or []
        self.description = description
        self.tags = tags or {}
        self.owner = owner
        self.source = source
        self.created_timestamp = None
        self.last_updated_timestamp = None
        self.version = getattr(self, "version", "latest")
        self.current_version_number = None
        self.projection = FeatureViewProjection.from_definition(self)

    @property
    @abstractmethod
    def proto_class(self) -> Type[Any]:
        """Class of the view's message."""

    @classmethod
    @abstractmethod
    def from_proto(cls, feature_view_proto: Any) -> BaseFeatureView:
        """The view of a message."""

    @property
    def join_keys(self) -> List[str]:
        """Names of the key columns; empty until they are known."""
        return [column.name for column in self.entity_columns]

    @property
    def schema(self) -> List[Field]:
        """Key columns and features, each once, in the order of definition."""
        return list(dict.fromkeys(self.entity_columns + self.features))

    def __copy__(self: View) -> View:
        """A view of its own with the same parts; projection and features can be changed independently."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin.features = copy.copy(self.features)
        twin.tags = dict(self.tags)
        twin.projection = copy.copy(self.projection)
        return twin

    def __hash__(self) -> int:
        return hash(self.name)

    def __getitem__(self: View, item: List[str]) -> View:
        """The view restricted to the features in `item`.

        Raises:
            AssertionError: If `item` is not a list.
            ValueError: If the view has features, but not one that is named.
        """
        assert isinstance(item, list)
        chosen = copy.copy(self)
        if not self.features:
            chosen.projection.desired_features = item
            return chosen
        by_name = {feature.name: feature for feature in self.features}
        for name in item:
            if name not in by_name:
                raise ValueError(f"Feature {name} does not exist in this feature view.")
        chosen.projection.features = [by_name[name] for name in item]
        return chosen

    def _schema_or_udf_changed(self, other: BaseFeatureView) -> bool:
        """Whether applying this view over `other` makes a new version."""
        return self.name != other.name or not same_fields(self.features, other.features)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseFeatureView) and (
            self.name == other.name
            and same_fields(self.features, other.features)
            and self.projection == other.projection
            and self.description == other.description
            and self.tags == other.tags
            and self.owner == other.owner
        )

    def ensure_valid(self) -> None:
        """Raises ValueError if the name is empty or has a reserved character."""
        if not self.name:
            raise ValueError("Feature view needs a name.")
        if "@" in self.name:
            raise ValueError(
                f"Feature view name '{self.name}' must not contain '@'. The '@' character is reserved for "
                "version-qualified references (e.g., 'fv@v2:feature')."
            )
        if ":" in self.name:
            raise ValueError(
                f"Feature view name '{self.name}' must not contain ':'. The ':' character is reserved as the "
                "separator in fully qualified feature references (e.g., 'feature_view:feature_name')."
            )

    def with_name(self: View, name: str) -> View:
        """The view under another name in results; the registered view is the same."""
        renamed = copy.copy(self)
        renamed.projection.name_alias = name
        return renamed

    def set_projection(self, feature_view_projection: FeatureViewProjection) -> None:
        """Replaces the projection.

        Raises:
            ValueError: If it is of another view or names features that this one does not have.
        """
        if feature_view_projection.name != self.name:
            raise ValueError(
                f"The projection for the {self.name} FeatureView cannot be applied because it differs in name. "
                f"The projection is named {feature_view_projection.name} and the name indicates which FeatureView "
                "the projection is for."
            )
        for feature in feature_view_projection.features:
            if feature not in self.features:
                raise ValueError(
                    f"The projection for {self.name} cannot be applied because it contains {feature.name} which the "
                    "FeatureView doesn't have."
                )
        self.projection = feature_view_projection

    def with_projection(self: View, feature_view_projection: FeatureViewProjection) -> View:
        """The view with another projection; raises as `set_projection` does."""
        projected = copy.copy(self)
        projected.set_projection(feature_view_projection)
        return projected


def same_fields(left: List[Field], right: List[Field]) -> bool:
    """Whether two lists hold equal fields, in any order."""
    return sorted(left) == sorted(right)
