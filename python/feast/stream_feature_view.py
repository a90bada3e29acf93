"""A feature view whose features are computed from a stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Dict, List, Optional, Type, Union

from feast.aggregation import Aggregation
from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView
from feast.computed_feature_view import ComputedFeatureView
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_view import FeatureView, common_spec, mode_text, source_proto, spec_arguments, view_sources
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
from feast.transformation.udf_source import pickle_of, resolve_function, view_decorator


class StreamFeatureView(ComputedFeatureView):
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

    _kind = "stream"
    _source_classes = {"KafkaSource", "PushSource"}
    _source_kinds = (DataSourceProto.CUSTOM_SOURCE,)
    _modes = ("pandas", "python", "spark", "spark_sql", "flink")

    stream_engine: Optional[Dict[str, Any]] = None
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
        self._refuse_other_sources(source)
        if aggregations and not timestamp_field:
            raise ValueError(
                "aggregations must have a timestamp field associated with them to perform the aggregations"
            )
        self.aggregations = aggregations or []
        self.timestamp_field = timestamp_field or ""
        self.stream_engine = stream_engine
        self.enable_tiling = enable_tiling
        self.tiling_hop_size = _hop_size(self.aggregations, enable_tiling, tiling_hop_size)
        self._take(locals())

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
            **common_spec(self),
            features=[field.to_proto() for field in self.features + self.entity_columns],
            user_defined_function=function,
            feature_transformation=made,
            ttl=self.get_ttl_duration(),
            online=self.online,
            batch_source=source_proto(self.batch_source),
            stream_source=source_proto(self.stream_source),
            timestamp_field=self.timestamp_field,
            aggregations=[aggregation.to_proto() for aggregation in self.aggregations],
            enable_tiling=self.enable_tiling,
            tiling_hop_size=to_duration(self.tiling_hop_size),
            enable_validation=self.enable_validation,
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
            **spec_arguments(spec),
            source=stream or batch,
            ttl=spec.ttl.ToTimedelta(),
            online=spec.online,
            mode=spec.mode,
            enable_validation=spec.enable_validation,
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
            self.feature_transformation = self._made(self.mode or "python")


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
    given = {name: value for name, value in locals().items() if value is not None}
    return view_decorator(StreamFeatureView, {"source": None, "mode": "spark", "online": False, **given})
