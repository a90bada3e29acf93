"""A projection: which features of a view are wanted, under which name and joined by which columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, List, Optional

from feast.data_source import DataSource
from feast.field import Field
from feast.protos.feast.core.FeatureViewProjection_pb2 import FeatureViewProjection as FeatureViewProjectionProto

if TYPE_CHECKING:
    from feast.base_feature_view import BaseFeatureView
    from feast.feature_view import FeatureView


@dataclass(eq=False)
class FeatureViewProjection:
    """A selection from a feature view.

    Args:
        name: Name of the view.
        name_alias: Name to use instead of it in results, if any.
        desired_features: Names of wanted features that are not known yet; empty once they are.
        features: The wanted features.
        join_key_map: Join key to the column that takes its place in the request.
        timestamp_field: Not filled from views.
        date_partition_column: As in the batch source.
        created_timestamp_column: As in the batch source.
        batch_source: The view's batch source.
        version_tag: Version of the view that is read, if pinned.
        view_type: `featureView` or `labelView`.
    """

    name: str
    name_alias: Optional[str]
    desired_features: List[str]
    features: List[Field]
    join_key_map: Dict[str, str] = field(default_factory=dict)
    timestamp_field: Optional[str] = None
    date_partition_column: Optional[str] = None
    created_timestamp_column: Optional[str] = None
    batch_source: Optional[DataSource] = None
    version_tag: Optional[int] = None
    view_type: str = "featureView"

    def __eq__(self, other: object) -> bool:
        """Whether all is equal but the event time column, which messages do not carry; unset and empty are one."""
        return isinstance(other, FeatureViewProjection) and all(
            (getattr(self, name) or None) == (getattr(other, name) or None)
            for name in (
                "name",
                "name_alias",
                "desired_features",
                "features",
                "join_key_map",
                "date_partition_column",
                "created_timestamp_column",
                "batch_source",
                "view_type",
            )
        ) and (self.version_tag == other.version_tag)

    def __hash__(self) -> int:
        return hash(self.name_to_use())

    def name_to_use(self) -> str:
        """The alias or else the name; with `@vN` if a version is pinned."""
        name = self.name_alias or self.name
        return f"{name}@v{self.version_tag}" if self.version_tag is not None else name

    def to_proto(self) -> FeatureViewProjectionProto:
        """The message of the projection."""
        message = FeatureViewProjectionProto(
            feature_view_name=self.name,
            feature_view_name_alias=self.name_alias or "",
            join_key_map=self.join_key_map,
            # Readers expect the created column here too; the event time is in the batch source.
            timestamp_field=self.created_timestamp_column or "",
            date_partition_column=self.date_partition_column or "",
            created_timestamp_column=self.created_timestamp_column or "",
            batch_source=self.batch_source.to_proto() if self.batch_source else None,
            view_type=self.view_type,
        )
        if self.version_tag is not None:
            message.version_tag = self.version_tag
        message.feature_columns.extend(feature.to_proto() for feature in self.features)
        return message

    @staticmethod
    def from_proto(proto: FeatureViewProjectionProto) -> FeatureViewProjection:
        """The projection of a message."""
        return FeatureViewProjection(
            name=proto.feature_view_name,
            name_alias=proto.feature_view_name_alias or None,
            desired_features=[],
            features=[Field.from_proto(column) for column in proto.feature_columns],
            join_key_map=dict(proto.join_key_map),
            timestamp_field=proto.timestamp_field or None,
            date_partition_column=proto.date_partition_column or None,
            created_timestamp_column=proto.created_timestamp_column or None,
            batch_source=DataSource.from_proto(proto.batch_source) if proto.HasField("batch_source") else None,
            version_tag=proto.version_tag if proto.HasField("version_tag") else None,
            view_type=proto.view_type or "featureView",
        )

    @staticmethod
    def from_feature_view_definition(feature_view: FeatureView) -> FeatureViewProjection:
        """All features of a view with a batch source."""
        projection = FeatureViewProjection.from_definition(feature_view)
        source = feature_view.batch_source
        if source is not None:
            projection.date_partition_column = source.date_partition_column
            projection.created_timestamp_column = source.created_timestamp_column
            projection.batch_source = source
        return projection

    @staticmethod
    def from_definition(base_feature_view: BaseFeatureView) -> FeatureViewProjection:
        """All features of a view of any kind."""
        return FeatureViewProjection(
            name=base_feature_view.name,
            name_alias=None,
            desired_features=[],
            features=base_feature_view.features,
            view_type=base_feature_view.VIEW_TYPE,
        )

    def get_feature(self, feature_name: str) -> Field:
        """The feature of this name.

        Raises:
            KeyError: If the projection does not have it.
        """
        for feature in self.features:
            if feature.name == feature_name:
                return feature
        raise KeyError(f"Feature {feature_name} not found in projection {self.name_to_use()}")
