"""A label view: labels that people or programs give to entities, pushed and never materialized."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, List, Optional, Type

from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView, same_fields
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_view import source_proto, split_schema
from feast.feature_view_projection import FeatureViewProjection
from feast.field import Field
from feast.labeling.conflict_policy import ConflictPolicy
from feast.proto_time import load_times, store_times, to_duration
from feast.protos.feast.core.LabelView_pb2 import LabelView as LabelViewProto
from feast.protos.feast.core.LabelView_pb2 import LabelViewMeta, LabelViewSpec
from feast.types import from_value_type
from feast.value_type import ValueType

_PROFILE_TAG = "feast.io/labeling-method"
_ROLE_TAG = "feast.io/field-role:"
_VALUES_TAG = "feast.io/label-values:"
_WIDGET_TAG = "feast.io/label-widget:"


class LabelView(BaseFeatureView):
    """Labels of an entity.

    Args:
        name: Name, unique in the project whatever the case and kind.
        source: Where labels come from, usually a PushSource.
        schema: Columns, including the labeler.
        entities: Entities the labels are about; needed at apply.
        ttl: For how long a label holds; zero means forever.
        online: Whether labels are kept in the online store.
        description: Text for people.
        tags: Labels; those with the prefix `feast.io/` say how labels are edited.
        owner: Who is responsible.
        labeler_field: Column that names who gave the label.
        conflict_policy: What counts when labelers disagree.
        reference_feature_view: View whose rows are labelled.

    Raises:
        ValueError: If entities share a join key, or a key column has another type than its entity.
        TypeCheckError: If an argument has another type.
    """

    VIEW_TYPE = "labelView"

    entities: List[str]
    ttl: Optional[timedelta]

    @checked
    def __init__(
        self,
        *,
        name: str,
        source: Optional[DataSource] = None,
        schema: Optional[List[Field]] = None,
        entities: Optional[List[Entity]] = None,
        ttl: Optional[timedelta] = timedelta(days=0),
        online: bool = True,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
        labeler_field: str = "labeler",
        conflict_policy: ConflictPolicy = ConflictPolicy.LAST_WRITE_WINS,
        reference_feature_view: Optional[str] = None,
    ):
        entities = entities or []
        self.ttl = ttl
        self.entities = [entity.name for entity in entities]
        self.labeler_field = labeler_field
        self.conflict_policy = conflict_policy
        self.reference_feature_view = reference_feature_view
        self.online = online
        features, columns = split_schema(schema or [], entities)
        given = {column.name for column in columns}
        for entity in entities:
            if entity.join_key not in given:
                kind = ValueType.STRING if entity.value_type == ValueType.UNKNOWN else entity.value_type
                columns.append(Field(name=entity.join_key, dtype=from_value_type(kind)))
        self.entity_columns = columns
        super().__init__(
            name=name, features=features, description=description, tags=tags, owner=owner, source=source
        )
        self._set_projection_source()

    def _set_projection_source(self) -> None:
        self.projection = FeatureViewProjection.from_feature_view_definition(self)  # type: ignore[arg-type]

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        """Whether all is equal but the sources."""
        if not isinstance(other, LabelView) or not super().__eq__(other):
            return False
        return (
            sorted(self.entities) == sorted(other.entities)
            and same_fields(self.entity_columns, other.entity_columns)
            and all(
                getattr(self, name) == getattr(other, name)
                for name in ("ttl", "online", "labeler_field", "conflict_policy", "reference_feature_view")
            )
        )

    @property
    def batch_source(self) -> Optional[DataSource]:
        """The batch source of a stream source, or the source itself."""
        return getattr(self.source, "batch_source", None) or (
            None if hasattr(self.source, "batch_source") else self.source
        )

    @property
    def stream_source(self) -> Optional[DataSource]:
        """The source, if it is pushed or streamed."""
        return self.source if hasattr(self.source, "batch_source") else None

    @property
    def labeling_method(self) -> str:
        """How labels are edited, from the tags; `table` if they do not say."""
        return self.tags.get(_PROFILE_TAG, "table")

    @property
    def annotation_config(self) -> Dict[str, Any]:
        """What the tags say about editing: profile, and role, values and widget of each column."""
        values = {name: text.split(",") for name, text in self._tagged(_VALUES_TAG).items()}
        return {
            "profile": self.labeling_method,
            "field_roles": self._tagged(_ROLE_TAG),
            "label_values": {name: [value.strip() for value in given] for name, given in values.items()},
            "label_widgets": self._tagged(_WIDGET_TAG),
        }

    def _tagged(self, prefix: str) -> Dict[str, str]:
        return {tag[len(prefix) :]: text for tag, text in self.tags.items() if tag.startswith(prefix)}

    def ensure_valid(self) -> None:
        """Raises ValueError if the name is not allowed or there are no entities."""
        super().ensure_valid()
        if not self.entities:
            raise ValueError("Label view has no entities.")

    @property
    def proto_class(self) -> Type[Any]:
        return LabelViewProto

    def to_proto(self) -> LabelViewProto:
        """The message of the view."""
        meta = LabelViewMeta()
        store_times(meta, self)
        spec = LabelViewSpec(
            name=self.name,
            entities=self.entities,
            entity_columns=[column.to_proto() for column in self.entity_columns],
            features=[feature.to_proto() for feature in self.features],
            description=self.description,
            tags=self.tags,
            owner=self.owner,
            ttl=to_duration(self.ttl),
            online=self.online,
            source=source_proto(self.source),
            labeler_field=self.labeler_field,
            conflict_policy=self.conflict_policy.to_proto(),
            reference_feature_view=self.reference_feature_view or "",
        )
        return LabelViewProto(spec=spec, meta=meta)

    @classmethod
    def from_proto(cls, feature_view_proto: Any) -> LabelView:
        """The view of a message."""
        spec = feature_view_proto.spec
        view = cls(
            name=spec.name,
            source=DataSource.from_proto(spec.source) if spec.HasField("source") else None,
            schema=[Field.from_proto(column) for column in spec.features],
            ttl=spec.ttl.ToTimedelta(),
            online=spec.online,
            description=spec.description,
            tags=dict(spec.tags),
            owner=spec.owner,
            labeler_field=spec.labeler_field or "labeler",
            conflict_policy=ConflictPolicy.from_proto(spec.conflict_policy),
            reference_feature_view=spec.reference_feature_view or None,
        )
        view.entities = list(spec.entities)
        view.entity_columns = [Field.from_proto(column) for column in spec.entity_columns]
        load_times(feature_view_proto.meta, view)
        return view
