"""A feature view: features of an entity that come from one source."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple, Type, Union

from google.protobuf.duration_pb2 import Duration

from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView, same_fields
from feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource, class_path
from feast.entity import DUMMY_ENTITY, DUMMY_ENTITY_ID, DUMMY_ENTITY_NAME, DUMMY_ENTITY_VAL, Entity
from feast.feature_view_projection import FeatureViewProjection
from feast.field import Field
from feast.proto_time import load_times, store_times, to_datetime, to_duration
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureView_pb2 import FeatureView as FeatureViewProto
from feast.protos.feast.core.FeatureView_pb2 import FeatureViewMeta, FeatureViewSpec, MaterializationInterval
from feast.protos.feast.core.Transformation_pb2 import FeatureTransformationV2
from feast.transformation.mode import TransformationMode
from feast.types import from_value_type
from feast.value_type import ValueType
from feast.version_text import parse_version

if TYPE_CHECKING:
    from feast.transformation.base import Transformation

__all__ = [
    "DUMMY_ENTITY",
    "DUMMY_ENTITY_ID",
    "DUMMY_ENTITY_NAME",
    "DUMMY_ENTITY_VAL",
    "FeatureView",
    "FeatureViewState",
]


class FeatureViewState(IntEnum):
    """Where a view is in its life; only STATE_UNSPECIFIED and AVAILABLE_ONLINE may serve."""

    STATE_UNSPECIFIED = 0
    CREATED = 1
    GENERATED = 2
    MATERIALIZING = 3
    AVAILABLE_ONLINE = 4

    def can_transition_to(self, target: FeatureViewState) -> bool:
        """Whether the state may be followed by `target`."""
        return target in _NEXT_STATES[self]

    @classmethod
    def from_proto(cls, proto_val: int) -> FeatureViewState:
        """The state of a number, STATE_UNSPECIFIED if it is not known."""
        return cls(proto_val) if proto_val in cls._value2member_map_ else cls.STATE_UNSPECIFIED

    def to_proto(self) -> int:
        """The number of the state."""
        return int(self)


_NEXT_STATES = {
    FeatureViewState.STATE_UNSPECIFIED: {FeatureViewState.CREATED},
    FeatureViewState.CREATED: {FeatureViewState.GENERATED},
    FeatureViewState.GENERATED: {FeatureViewState.MATERIALIZING},
    FeatureViewState.MATERIALIZING: {FeatureViewState.GENERATED, FeatureViewState.AVAILABLE_ONLINE},
    FeatureViewState.AVAILABLE_ONLINE: {FeatureViewState.MATERIALIZING},
}

ViewSource = Union[DataSource, "FeatureView", List["FeatureView"], None]


class FeatureView(BaseFeatureView):
    """Features of an entity from one source, with the time for which they hold.

    Args:
        name: Name, unique in the project whatever the case and kind.
        source: Data source, or the view or views this one is derived from.
        sink_source: Where a derived view is stored; needed for derived views.
        schema: Columns; found out at apply if omitted.
        entities: Entities the features are about; the hidden dummy entity if omitted.
        ttl: For how long a row holds; zero or None means forever.
        online: Whether it is materialized to the online store.
        offline: Whether it is also written to the offline store.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        org: Organisation.
        mode: Kind of the transformation, if there is one.
        enable_validation: Whether engines check column types.
        version: `latest`, or `vN` to pin.
        enabled: Whether it may serve and be materialized.

    Raises:
        ValueError: If a stream source has no batch source, entities share a join key, a derived view has no sink,
            a field is renamed by the source's mapping, or a key column has another type than its entity.
        AssertionError: If there are two vector indexes.
        TypeCheckError: If an argument has another type.
    """

    entities: List[str]
    ttl: Optional[timedelta]
    batch_source: Optional[DataSource]
    stream_source: Optional[DataSource]
    source_views: List[FeatureView]
    online: bool
    offline: bool
    org: str
    mode: Union[TransformationMode, str, None]
    enable_validation: bool
    enabled: bool
    state: FeatureViewState
    materialization_intervals: List[Tuple[datetime, datetime]]
    # The transformation as it was read, for views that keep it without running it.
    _raw_feature_transformation_proto: Optional[FeatureTransformationV2] = None

    @checked
    def __init__(
        self,
        *,
        name: str,
        source: Union[DataSource, FeatureView, List[FeatureView], None] = None,
        sink_source: Optional[DataSource] = None,
        schema: Optional[List[Field]] = None,
        entities: Optional[List[Entity]] = None,
        ttl: Optional[timedelta] = timedelta(days=0),
        online: bool = True,
        offline: bool = False,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
        org: str = "",
        mode: Union[TransformationMode, str, None] = None,
        enable_validation: bool = False,
        version: str = "latest",
        enabled: bool = True,
    ):
        self.version = version
        self.enable_validation = enable_validation
        self.entities = [entity.name for entity in entities] if entities else [DUMMY_ENTITY_NAME]
        self.ttl = ttl
        self.mode = mode
        self.org = org
        self.online = online
        self.offline = offline
        self.enabled = enabled
        self.state = FeatureViewState.STATE_UNSPECIFIED
        self.materialization_intervals = []
        self._set_sources(source, sink_source)
        fields = schema or []
        _refuse_mapped_fields(fields, self.batch_source)
        features, self.entity_columns = split_schema(fields, entities or [])
        super().__init__(
            name=name,
            features=features,
            description=description,
            tags=tags,
            owner=owner,
            source=self.batch_source,
        )
        assert sum(feature.vector_index for feature in features) <= 1, (
            f"Only one vector feature is allowed per feature view. Please update {name}."
        )
        self.projection = FeatureViewProjection.from_feature_view_definition(self)

    def _set_sources(self, source: ViewSource, sink_source: Optional[DataSource]) -> None:
        self.stream_source = None
        self.source_views = []
        self.batch_source = None
        if isinstance(source, DataSource):
            if isinstance(source, (PushSource, KafkaSource, KinesisSource)):
                if not source.batch_source:
                    raise ValueError(f"A batch_source needs to be specified for stream source `{source.name}`")
                self.stream_source = source
                self.batch_source = source.batch_source
            else:
                self.batch_source = source
        elif source is not None:
            self.source_views = source if isinstance(source, list) else [source]
            if not sink_source:
                raise ValueError("Derived FeatureView must specify `sink_source`.")
            self.batch_source = sink_source
        self.data_source = None if self.source_views else source

    def __copy__(self) -> Any:
        twin = super().__copy__()
        twin.entities = list(self.entities)
        twin.entity_columns = list(self.entity_columns)
        twin.materialization_intervals = list(self.materialization_intervals)
        return twin

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        """Whether all is equal but mode, transformation, `enabled` and state, which the registries rely on."""
        if not isinstance(other, FeatureView) or not super().__eq__(other):
            return False
        return (
            sorted(self.entities) == sorted(other.entities)
            and same_fields(self.entity_columns, other.entity_columns)
            and all(
                getattr(self, name) == getattr(other, name)
                for name in (
                    "ttl",
                    "online",
                    "offline",
                    "batch_source",
                    "stream_source",
                    "source_views",
                    "materialization_intervals",
                    "enable_validation",
                    "version",
                    "org",
                )
            )
        )

    def _schema_or_udf_changed(self, other: BaseFeatureView) -> bool:
        return (
            not isinstance(other, FeatureView)
            or super()._schema_or_udf_changed(other)
            or sorted(self.entities) != sorted(other.entities)
            or not same_fields(self.entity_columns, other.entity_columns)
            or self.source_views != other.source_views
        )

    @property
    def most_recent_end_time(self) -> Optional[datetime]:
        """End of the latest materialization, None if there was none."""
        return max((end for _, end in self.materialization_intervals), default=None)

    @property
    def proto_class(self) -> Type[Any]:
        return FeatureViewProto

    def ensure_valid(self) -> None:
        """Raises ValueError if the name is not allowed, there are no entities, or views derive from each other."""
        super().ensure_valid()
        if not self.entities:
            raise ValueError("Feature view has no entities.")
        _refuse_cycles(self, [])

    def with_join_key_map(self, join_key_map: Dict[str, str]) -> Any:
        """The view joined by other columns: join key to the column that takes its place."""
        mapped = copy.copy(self)
        mapped.projection.join_key_map = join_key_map
        return mapped

    def update_materialization_intervals(
        self, existing_materialization_intervals: List[Tuple[datetime, datetime]]
    ) -> None:
        """Takes over the intervals of the registered view if this one has none."""
        if existing_materialization_intervals and not self.materialization_intervals:
            self.materialization_intervals.extend(existing_materialization_intervals)

    # ------------------------------------------------------------ messages

    def get_ttl_duration(self) -> Optional[Duration]:
        """The time to live as a message, None if there is none."""
        return to_duration(self.ttl)

    def to_proto(self) -> Any:
        """The message of the view."""
        return FeatureViewProto(spec=self.to_proto_spec(), meta=self.to_proto_meta())

    def to_proto_spec(self) -> FeatureViewSpec:
        """The message of the definition, with those of the views it derives from.

        Raises:
            ValueError: If views derive from each other.
        """
        _refuse_cycles(self, [])
        return FeatureViewSpec(
            **common_spec(self),
            features=[feature.to_proto() for feature in self.features],
            ttl=self.get_ttl_duration(),
            online=self.online,
            offline=self.offline,
            batch_source=source_proto(self.batch_source),
            stream_source=source_proto(self.stream_source),
            source_views=[view.to_proto_spec() for view in self.source_views],
            feature_transformation=self._transformation_proto(),
            enable_validation=self.enable_validation,
        )

    def to_proto_meta(self) -> FeatureViewMeta:
        """The message of what happened to the view."""
        meta = FeatureViewMeta(
            current_version_number=self.current_version_number or 0, state=self.state.to_proto()
        )
        store_times(meta, self)
        for start, end in self.materialization_intervals:
            interval = MaterializationInterval()
            interval.start_time.FromDatetime(start)
            interval.end_time.FromDatetime(end)
            meta.materialization_intervals.append(interval)
        return meta

    def _transformation_proto(self) -> Optional[FeatureTransformationV2]:
        made = getattr(self, "feature_transformation", None)
        if made is None:
            return self._raw_feature_transformation_proto
        return transformation_message(made)

    @classmethod
    def from_proto(cls, feature_view_proto: Any, skip_udf: bool = False) -> Any:
        """The view of a message; a BatchFeatureView if it has a transformation.

        Args:
            feature_view_proto: Message of a feature view.
            skip_udf: Whether user code is kept as bytes only.
        """
        view = cls._from_spec(feature_view_proto.spec, skip_udf)
        view.load_meta(feature_view_proto.meta)
        return view

    @classmethod
    def _from_spec(cls, spec: FeatureViewSpec, skip_udf: bool) -> Any:
        view_class: Any = cls
        if spec.HasField("feature_transformation"):
            from feast.batch_feature_view import BatchFeatureView

            view_class = BatchFeatureView
        sources = view_sources(spec)
        views = [cls._from_spec(inner, skip_udf) for inner in spec.source_views]
        view = view_class.__new__(view_class)
        FeatureView.__init__(
            view,
            **spec_arguments(spec),
            source=views or sources[1] or sources[0],
            sink_source=sources[0] if views else None,
            ttl=spec.ttl.ToTimedelta(),
            online=spec.online,
            offline=spec.offline,
            mode=spec.mode or None,
            enable_validation=spec.enable_validation,
        )
        view.load_columns(spec)
        if sources[0] is not None:
            view.batch_source = view.source = sources[0]
        if spec.HasField("feature_transformation"):
            view.load_transformation(spec.feature_transformation, skip_udf)
        view.projection = FeatureViewProjection.from_feature_view_definition(view)
        return view

    def load_columns(self, spec: Any) -> None:
        """Takes entities, key columns and features as the message has them; key columns are not features."""
        self.entities = list(spec.entities)
        self.entity_columns = [Field.from_proto(column) for column in spec.entity_columns]
        keys = set(self.join_keys)
        self.features = [Field.from_proto(column) for column in spec.features if column.name not in keys]

    def load_meta(self, meta: Any) -> None:
        """Takes times, intervals, state and version number from a message."""
        load_times(meta, self)
        self.state = FeatureViewState.from_proto(meta.state)
        self.current_version_number = version_number(meta.current_version_number, self.version)
        self.materialization_intervals = [
            (to_datetime(interval.start_time), to_datetime(interval.end_time))
            for interval in meta.materialization_intervals
        ]


# ---------------------------------------------------------------- shared by the kinds of views


def split_schema(schema: List[Field], entities: List[Entity]) -> Tuple[List[Field], List[Field]]:
    """Features and key columns of a schema.

    Raises:
        ValueError: If two entities share a join key, or a key column has another type than its entity.
    """
    by_key: Dict[str, Entity] = {}
    for entity in entities:
        if entity.join_key in by_key:
            raise ValueError("A feature view should not have entities that share a join key.")
        by_key[entity.join_key] = entity
    features: List[Field] = []
    columns: List[Field] = []
    for field in schema:
        if field.name not in by_key:
            features.append(field)
            continue
        columns.append(field)
        entity = by_key[field.name]
        if entity.value_type != ValueType.UNKNOWN and from_value_type(entity.value_type) != field.dtype:
            raise ValueError(
                f"Entity {entity.name} has type {entity.value_type}, "
                f"which does not match the inferred type {field.dtype}."
            )
    return features, columns


def source_proto(source: Optional[DataSource]) -> Optional[DataSourceProto]:
    """The message of a view's source, which also names the class; None stays None."""
    if source is None:
        return None
    message = source.to_proto()
    message.data_source_class_type = class_path(source)
    return message


def mode_text(mode: Union[TransformationMode, str, None]) -> str:
    """The mode as messages have it."""
    return mode.value if isinstance(mode, TransformationMode) else mode or ""


def version_number(stored: int, version: str) -> Optional[int]:
    """The version number of a message; zero means none, unless version 0 is pinned."""
    if stored:
        return int(stored)
    try:
        return None if parse_version(version)[0] else 0
    except ValueError:
        return None


def common_spec(view: Any) -> Dict[str, Any]:
    """The fields that the messages of all kinds of computing views share, but their features."""
    return {
        "name": view.name,
        "entities": view.entities,
        "entity_columns": [column.to_proto() for column in view.entity_columns],
        "description": view.description,
        "tags": view.tags,
        "owner": view.owner,
        "org": view.org,
        "mode": mode_text(view.mode),
        "version": view.version,
        "disabled": not view.enabled,
    }


def spec_arguments(spec: Any) -> Dict[str, Any]:
    """Constructor arguments that the messages of all kinds of computing views hold under the same name."""
    names = ("name", "description", "owner", "org", "version")
    arguments = {name: getattr(spec, name) for name in names}
    return {**arguments, "tags": dict(spec.tags), "enabled": not spec.disabled}


def transformation_message(made: Transformation) -> FeatureTransformationV2:
    """A transformation as views hold it."""
    message = made.to_proto()
    if hasattr(message, "substrait_plan"):
        return FeatureTransformationV2(substrait_transformation=message)
    return FeatureTransformationV2(user_defined_function=message)


def view_sources(spec: Any) -> Tuple[Optional[DataSource], Optional[DataSource]]:
    """Batch and stream source of a view's message; a stream without a batch source gets the view's."""
    batch = DataSource.from_proto(spec.batch_source) if spec.HasField("batch_source") else None
    stream = DataSource.from_proto(spec.stream_source) if spec.HasField("stream_source") else None
    if stream is not None and getattr(stream, "batch_source", None) is None:
        stream.batch_source = batch
    return batch, stream


def _refuse_mapped_fields(schema: List[Field], source: Optional[DataSource]) -> None:
    for field in schema:
        if source is not None and field.name in source.field_mapping:
            target = source.field_mapping[field.name]
            raise ValueError(
                f"The field {field.name} is mapped to {target} for this data source. Please either remove this "
                f"field mapping or use {target} as the Entity or Feature name."
            )


def _refuse_cycles(view: FeatureView, path: List[str]) -> None:
    if view.name in path:
        raise ValueError(f"Cycle detected in FeatureView graph: {' -> '.join([*path, view.name])}")
    for inner in view.source_views:
        _refuse_cycles(inner, [*path, view.name])
