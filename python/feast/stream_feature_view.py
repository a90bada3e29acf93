"""A feature view whose features are computed from a stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Dict, List, Optional, Type, Union

from feast.aggregation import Aggregation
from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_view import FeatureView, mode_text, source_proto, view_sources
from feast.feature_view_projection import FeatureViewProjection
from feast.field import Field
from feast.proto_time import from_duration, to_duration
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.OnDemandFeatureView_pb2 import UserDefinedFunction
from feast.protos.feast.core.StreamFeatureView_pb2 import StreamFeatureView as StreamFeatureViewProto
from feast.protos.feast.core.StreamFeatureView_pb2 import StreamFeatureViewSpec
from feast.protos.feast.core.Transformation_pb2 import FeatureTransformationV2, UserDefinedFunctionV2
from feast.transformation.base import Transformation, same_function
from feast.transformation.mode import TransformationMode
from feast.transformation.udf_source import detach, pickle_of, resolve_function, source_of

_SOURCES = {"KafkaSource", "PushSource"}
_SOURCE_NAMES = "{" + ", ".join(repr(name) for name in sorted(_SOURCES)) + "}"
_MODES = ("pandas", "python", "spark", "spark_sql", "flink")


class StreamFeatureView(FeatureView):
    """A feature view over a stream, with a transformation and windowed aggregations.

    `offline` is not stored in the registry.

    Args:
        name: Name, unique in the project whatever the case and kind.
        source: Kafka, push or custom stream source, or the view or views this one is derived from.
        sink_source: Where a derived view is stored; needed for derived views.
        entities: Entities the features are about.
        ttl: For how long a row holds; zero means forever.
        tags: Labels.
        online: Whether it is written to the online store.
        offline: Whether it is also written to the offline store.
        description: Text for people.
        owner: Who is responsible.
        org: Organisation.
        schema: Columns; they are not found out.
        aggregations: Windowed aggregations.
        mode: Kind of the transformation.
        timestamp_field: Column of the event time; aggregations need it.
        udf: The function.
        udf_string: Source text of the function.
        feature_transformation: The transformation, instead of `udf`.
        stream_engine: Settings that override those of the configured engine.
        enable_tiling: Whether windows are put together from tiles.
        tiling_hop_size: Length of a tile; omitted means five minutes and is stored as omitted.
        enable_validation: Whether engines check column types.
        version: `latest`, or `vN` to pin.

    Raises:
        ValueError: As FeatureView, or if the source is not a stream, the mode is not known, aggregations have no
            event time, or tiles are not shorter than the shortest window.
    """

    sink_source: Optional[DataSource] = None
    stream_engine: Optional[Dict[str, Any]] = None
    feature_transformation: Optional[Transformation] = None
    _raw_udf_proto: Optional[UserDefinedFunction] = None

    @checked
    def __init__(
        self,
        *,
        name: str,
        source: Union[DataSource, StreamFeatureView, List[StreamFeatureView]],
        sink_source: Optional[DataSource] = None,
        entities: Optional[List[Entity]] = None,
        ttl: timedelta = timedelta(days=0),
        tags: Optional[Dict[str, str]] = None,
        online: bool = True,
        offline: bool = False,
        description: str = "",
        owner: str = "",
        org: str = "",
        schema: Optional[List[Field]] = None,
        aggregations: Optional[List[Aggregation]] = None,
        mode: Union[str, TransformationMode] = TransformationMode.PYTHON,
        timestamp_field: Optional[str] = "",
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        feature_transformation: Optional[Transformation] = None,
        stream_engine: Optional[Dict[str, Any]] = None,
        enable_tiling: bool = False,
        tiling_hop_size: Optional[timedelta] = None,
        enable_validation: bool = False,
        version: str = "latest",
    ):
        if (
            isinstance(source, DataSource)
            and type(source).__name__ not in _SOURCES
            and source.source_type() != DataSourceProto.CUSTOM_SOURCE
        ):
            raise ValueError(
                f"Stream feature views need a stream source, expected one of {_SOURCE_NAMES} or CUSTOM_SOURCE, "
                f"got {type(source).__name__}: {source.name} instead "
            )
        if aggregations and not timestamp_field:
            raise ValueError(
                "aggregations must have a timestamp field associated with them to perform the aggregations"
            )
        self.sink_source = sink_source
        self.aggregations = aggregations or []
        self.timestamp_field = timestamp_field or ""
        self.udf = udf
        self.udf_string = udf_string
        self.stream_engine = stream_engine
        self.enable_tiling = enable_tiling
        self.tiling_hop_size = _hop_size(self.aggregations, enable_tiling, tiling_hop_size)
        self.feature_transformation = feature_transformation or _transformation(mode, udf, udf_string)
        super().__init__(
            name=name,
            source=source,
            sink_source=sink_source,
            schema=schema,
            entities=entities,
            ttl=ttl,
            online=online,
            offline=offline,
            description=description,
            tags=tags,
            owner=owner,
            org=org,
            mode=mode,
            enable_validation=enable_validation,
            version=version,
        )

    def get_feature_transformation(self) -> Optional[Transformation]:
        """The transformation, made of `udf` if it was not given."""
        return self.feature_transformation or _transformation(
            self.mode or TransformationMode.PYTHON, self.udf, self.udf_string
        )

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamFeatureView) and super().__eq__(other) and not self._code_changed(other)

    def _schema_or_udf_changed(self, other: BaseFeatureView) -> bool:
        return (
            not isinstance(other, StreamFeatureView)
            or super()._schema_or_udf_changed(other)
            or self._code_changed(other)
        )

    def _code_changed(self, other: StreamFeatureView) -> bool:
        return (
            mode_text(self.mode) != mode_text(other.mode)
            or self.timestamp_field != other.timestamp_field
            or self.aggregations != other.aggregations
            or not same_function(self.udf, self.udf_string or "", other.udf, other.udf_string or "")
        )

    @property
    def proto_class(self) -> Type[Any]:
        return StreamFeatureViewProto

    # ------------------------------------------------------------ messages

    def to_proto(self) -> Any:
        """The message of the view. Features there include the key columns; the mode is not in the function."""
        function = self._function_proto()
        made = None
        if function is not None:
            made = FeatureTransformationV2(
                user_defined_function=UserDefinedFunctionV2(
                    name=function.name, body=function.body, body_text=function.body_text
                )
            )
        spec = StreamFeatureViewSpec(
            name=self.name,
            entities=self.entities,
            entity_columns=[column.to_proto() for column in self.entity_columns],
            features=[field.to_proto() for field in self.features + self.entity_columns],
            user_defined_function=function,
            feature_transformation=made,
            description=self.description,
            tags=self.tags,
            owner=self.owner,
            org=self.org,
            ttl=self.get_ttl_duration(),
            online=self.online,
            batch_source=source_proto(self.batch_source),
            stream_source=source_proto(self.stream_source),
            timestamp_field=self.timestamp_field,
            aggregations=[aggregation.to_proto() for aggregation in self.aggregations],
            mode=mode_text(self.mode),
            enable_tiling=self.enable_tiling,
            tiling_hop_size=to_duration(self.tiling_hop_size),
            enable_validation=self.enable_validation,
            version=self.version,
            disabled=not self.enabled,
        )
        return StreamFeatureViewProto(spec=spec, meta=self.to_proto_meta())

    def _function_proto(self) -> Optional[UserDefinedFunction]:
        if self._raw_udf_proto is not None:
            return self._raw_udf_proto
        if not self.udf:
            return None
        return UserDefinedFunction(
            name=self.udf.__name__, body=pickle_of(self.udf), body_text=self.udf_string or ""
        )

    @classmethod
    def from_proto(cls, feature_view_proto: Any, skip_udf: bool = False) -> Any:
        """The view of a message.

        Args:
            feature_view_proto: Message of a stream feature view.
            skip_udf: Whether user code is kept as bytes only.
        """
        spec = feature_view_proto.spec
        batch, stream = view_sources(spec)
        view = cls.__new__(cls)
        view.sink_source = None
        view.aggregations = [Aggregation.from_proto(message) for message in spec.aggregations]
        view.timestamp_field = spec.timestamp_field
        view.stream_engine = None
        view.enable_tiling = spec.enable_tiling
        view.tiling_hop_size = from_duration(spec, "tiling_hop_size")
        view.udf, view.udf_string, view.feature_transformation = None, "", None
        FeatureView.__init__(
            view,
            name=spec.name,
            source=stream or batch,
            ttl=spec.ttl.ToTimedelta(),
            online=spec.online,
            description=spec.description,
            tags=dict(spec.tags),
            owner=spec.owner,
            org=spec.org,
            mode=spec.mode,
            enable_validation=spec.enable_validation,
            version=spec.version,
            enabled=not spec.disabled,
        )
        view.load_columns(spec)
        if batch is not None:
            view.batch_source = view.source = batch
        view._load_function(spec, skip_udf)
        view.projection = FeatureViewProjection.from_feature_view_definition(view)
        view.load_meta(feature_view_proto.meta)
        return view

    def _load_function(self, spec: Any, skip_udf: bool) -> None:
        function = spec.feature_transformation.user_defined_function
        if not (function.name or function.body_text or function.body):
            function = spec.user_defined_function
        if not (function.name or function.body_text or function.body):
            return
        self._raw_udf_proto = UserDefinedFunction(
            name=function.name, body=function.body, body_text=function.body_text
        )
        self.udf_string = function.body_text
        if not skip_udf:
            self.udf = resolve_function(function.body_text, function.body, function.name)
            self.feature_transformation = _transformation(self.mode or "python", self.udf, self.udf_string)


def _hop_size(
    aggregations: List[Aggregation], tiling: bool, hop: Optional[timedelta]
) -> Optional[timedelta]:
    windows = [aggregation.time_window for aggregation in aggregations if aggregation.time_window]
    if not tiling or not windows:
        return hop
    length = hop or timedelta(minutes=5)
    if length >= min(windows):
        raise ValueError(
            f"tiling_hop_size ({length}) must be smaller than the minimum aggregation time_window ({min(windows)}). "
            "If hop_size >= window_size, the tiling algorithm will produce incorrect results."
        )
    return hop


def _transformation(
    mode: Union[TransformationMode, str], udf: Optional[Callable[..., Any]], text: Optional[str]
) -> Optional[Transformation]:
    if not udf:
        return None
    if mode_text(mode) not in _MODES:
        raise ValueError(f"Unsupported transformation mode: {mode_text(mode)} for StreamFeatureView")
    made: Transformation = Transformation(mode=mode_text(mode), udf=udf, udf_string=text or "")
    return made


def stream_feature_view(
    *,
    entities: Optional[List[Any]] = None,
    ttl: Optional[timedelta] = None,
    tags: Optional[Dict[str, str]] = None,
    online: Optional[bool] = True,
    description: Optional[str] = "",
    owner: Optional[str] = "",
    org: Optional[str] = "",
    schema: Optional[List[Field]] = None,
    source: Optional[DataSource] = None,
    aggregations: Optional[List[Aggregation]] = None,
    mode: Optional[str] = "spark",
    timestamp_field: Optional[str] = "",
    enable_validation: bool = False,
    version: str = "latest",
) -> Callable[[Callable[..., Any]], StreamFeatureView]:
    """Decorator: makes a StreamFeatureView of a function, with its name."""

    def decorate(function: Callable[..., Any]) -> StreamFeatureView:
        text = source_of(function)
        detach(function)
        return StreamFeatureView(
            name=function.__name__,
            source=source,
            entities=entities,
            ttl=ttl or timedelta(0),
            tags=tags,
            online=bool(online),
            description=description or "",
            owner=owner or "",
            org=org or "",
            schema=schema,
            aggregations=aggregations,
            mode=mode or "spark",
            timestamp_field=timestamp_field,
            udf=function,
            udf_string=text,
            enable_validation=enable_validation,
            version=version,
        )

    return decorate
