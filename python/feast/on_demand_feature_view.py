"""A feature view that is computed when it is asked for, from other views and values of the request."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Type, Union

from feast.aggregation import Aggregation
from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView, same_fields
from feast.data_source import RequestSource
from feast.entity import DUMMY_ENTITY_NAME, Entity
from feast.feature_view import (
    FeatureView,
    FeatureViewState,
    common_spec,
    spec_arguments,
    split_schema,
    transformation_message,
    version_number,
)
from feast.feature_view_projection import FeatureViewProjection
from feast.field import Field
from feast.proto_time import load_times, store_times
from feast.protos.feast.core.OnDemandFeatureView_pb2 import OnDemandFeatureView as OnDemandFeatureViewProto
from feast.protos.feast.core.OnDemandFeatureView_pb2 import (
    OnDemandFeatureViewMeta,
    OnDemandFeatureViewSpec,
    OnDemandSource,
)
from feast.protos.feast.core.Transformation_pb2 import FeatureTransformationV2, UserDefinedFunctionV2
from feast.transformation.base import Transformation
from feast.transformation.pandas_transformation import PandasTransformation
from feast.transformation.python_transformation import PythonTransformation
from feast.transformation.substrait_transformation import SubstraitTransformation
from feast.transformation.udf_source import view_decorator
from feast.types import from_feast_type
from feast.value_type import ValueType

OnDemandSourceType = Union[FeatureView, FeatureViewProjection, RequestSource]

_TRACK_METRICS_TAG = "feast:track_metrics"
_INPUT_SCHEMA_PREFIX = "__input_schema__"


class OnDemandFeatureView(BaseFeatureView):
    """Features computed from other features and from values of the request.

    Args:
        name: Name, unique in the project whatever the case and kind.
        entities: Entities, for views that are written to the online store.
        schema: Columns that the function gives.
        sources: Views, projections of views and request sources that it reads.
        input_schema: Values of the request that it reads; short for a request source of its own.
        udf: The function: DataFrame to DataFrame, dict of lists to dict of lists, or dict to dict.
        udf_string: Source text of the function.
        feature_transformation: The transformation, instead of `udf`.
        mode: `pandas`, `python` or `substrait`.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        org: Organisation.
        write_to_online_store: Whether it is computed at writing and then served like a table.
        singleton: Whether the function takes one row; only in mode `python`.
        track_metrics: Whether its run time is measured.
        aggregations: Aggregations instead of a function.
        version: `latest`, or `vN` to pin.
        enabled: Whether it may serve.

    Raises:
        ValueError: If there are no sources, the mode is not known, or `singleton` is combined with another mode.
        TypeCheckError: If an argument has another type.
    """

    _TRACK_METRICS_TAG = _TRACK_METRICS_TAG
    _INPUT_SCHEMA_SOURCE_PREFIX = _INPUT_SCHEMA_PREFIX
    _raw_feature_transformation_proto: Optional[FeatureTransformationV2] = None

    entities: List[str]
    source_feature_view_projections: Dict[str, FeatureViewProjection]
    source_request_sources: Dict[str, RequestSource]
    feature_transformation: Optional[Transformation]
    mode: str
    state: FeatureViewState

    @checked
    def __init__(
        self,
        *,
        name: str,
        entities: Optional[List[Entity]] = None,
        schema: Optional[List[Field]] = None,
        sources: Optional[List[Union[FeatureView, FeatureViewProjection, RequestSource]]] = None,
        input_schema: Optional[List[Field]] = None,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        feature_transformation: Optional[Transformation] = None,
        mode: str = "pandas",
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
        org: str = "",
        write_to_online_store: bool = False,
        singleton: bool = False,
        track_metrics: bool = False,
        aggregations: Optional[List[Aggregation]] = None,
        version: str = "latest",
        enabled: bool = True,
    ):
        if not sources and input_schema is None:
            raise ValueError("Either 'sources' or 'input_schema' must be provided for OnDemandFeatureView.")
        if singleton and mode != "python":
            raise ValueError(
                f"Singleton mode is only supported with mode='python', but mode='{mode}' was specified. "
                "Either disable singleton (singleton=False) or change mode to 'python'."
            )
        self.version = version
        features, self.entity_columns = split_schema(schema or [], entities or [])
        super().__init__(name=name, features=features, description=description, tags=tags, owner=owner)
        self.org = org
        self.entities = [entity.name for entity in entities] if entities else [DUMMY_ENTITY_NAME]
        self.mode = mode.lower()
        self.udf = udf
        self.udf_string = udf_string
        self.write_to_online_store = write_to_online_store
        self.singleton = singleton
        self.track_metrics = track_metrics
        self.aggregations = aggregations or []
        self.enabled = enabled
        self.state = FeatureViewState.STATE_UNSPECIFIED
        self.input_schema = input_schema
        self.sources: List[OnDemandSourceType] = list(sources or [])
        if input_schema is not None:
            self.sources.append(RequestSource(name=_INPUT_SCHEMA_PREFIX + name, schema=input_schema))
        self._sort_sources()
        self.feature_transformation = feature_transformation or self.get_feature_transformation()

    def _sort_sources(self) -> None:
        self.source_feature_view_projections = {}
        self.source_request_sources = {}
        for source in self.sources:
            if isinstance(source, RequestSource):
                self.source_request_sources[source.name] = source
            else:
                projection = source if isinstance(source, FeatureViewProjection) else source.projection
                self.source_feature_view_projections[projection.name] = projection

    def get_feature_transformation(self) -> Any:
        """The transformation that `udf` and `mode` make; None if there is no function.

        Raises:
            ValueError: If the mode is not known.
        """
        if not self.udf:
            return None
        if self.mode == "pandas":
            return PandasTransformation(self.udf, self.udf_string)
        if self.mode == "python":
            return PythonTransformation(self.udf, self.udf_string, self.singleton)
        if self.mode == "substrait":
            raise ImportError("Mode 'substrait' needs a SubstraitTransformation in 'feature_transformation'.")
        raise ValueError(f"Unsupported transformation mode: {self.mode} for OnDemandFeatureView")

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        """Whether what is computed is equal; name, features, tags and owner do not count."""
        return isinstance(other, OnDemandFeatureView) and (
            not self._code_changed(other)
            and all(
                getattr(self, name) == getattr(other, name)
                for name in (
                    "description",
                    "singleton",
                    "track_metrics",
                    "write_to_online_store",
                    "version",
                    "org",
                )
            )
        )

    def _code_changed(self, other: OnDemandFeatureView) -> bool:
        return (
            self.mode != other.mode
            or self.source_feature_view_projections != other.source_feature_view_projections
            or self.source_request_sources != other.source_request_sources
            or not same_fields(self.entity_columns, other.entity_columns)
            or self.aggregations != other.aggregations
            or self.feature_transformation != other.feature_transformation
        )

    def _schema_or_udf_changed(self, other: BaseFeatureView) -> bool:
        return (
            not isinstance(other, OnDemandFeatureView)
            or super()._schema_or_udf_changed(other)
            or self._code_changed(other)
        )

    @property
    def proto_class(self) -> Type[Any]:
        return OnDemandFeatureViewProto

    def ensure_valid(self) -> None:
        """Raises ValueError if name, entities, sources or transformation do not fit together."""
        super().ensure_valid()
        if self.write_to_online_store and not self.entities:
            raise ValueError("write_to_online_store needs entities.")
        if self.singleton and self.mode != "python":
            raise ValueError("Singleton mode is only supported with mode='python'.")
        if not self.source_feature_view_projections and not self.source_request_sources:
            raise ValueError("OnDemandFeatureView must have at least one source.")
        missing = self.feature_transformation is None and self._raw_feature_transformation_proto is None
        if missing and not self.aggregations:
            raise ValueError("OnDemandFeatureView must have a 'udf', a 'feature_transformation' or 'aggregations'.")

    def get_request_data_schema(self) -> Dict[str, ValueType]:
        """Name and wire type of every value that the request has to give."""
        return {
            field.name: from_feast_type(field.dtype)
            for source in self.source_request_sources.values()
            for field in source.schema
        }

    # ------------------------------------------------------------ running

    def infer_features(self) -> None:
        """Runs the function once on sample input and fills or checks the features, see `on_demand_inference`."""
        from feast.on_demand_inference import infer_features

        infer_features(self)

    def transform_arrow(self, pa_table: Any, full_feature_names: bool = False) -> Any:
        """Runs the transformation on an Arrow table, see `on_demand_transform`."""
        from feast.on_demand_transform import transform_arrow

        return transform_arrow(self, pa_table, full_feature_names)

    def transform_dict(self, feature_dict: Dict[str, Any]) -> Dict[str, Any]:
        """Runs the transformation on a dict of columns (or of scalars, as a singleton)."""
        from feast.on_demand_transform import transform_dict

        return transform_dict(self, feature_dict)

    # ------------------------------------------------------------ messages

    def to_proto(self) -> OnDemandFeatureViewProto:
        """The message of the view."""
        meta = OnDemandFeatureViewMeta(
            current_version_number=self.current_version_number or 0, state=self.state.to_proto()
        )
        store_times(meta, self)
        sources = {
            name: OnDemandSource(feature_view_projection=projection.to_proto())
            for name, projection in self.source_feature_view_projections.items()
        }
        for name, request in self.source_request_sources.items():
            sources[name] = OnDemandSource(request_data_source=request.to_proto())
        tags = {**self.tags, **({_TRACK_METRICS_TAG: "true"} if self.track_metrics else {})}
        made = self._raw_feature_transformation_proto
        if self.feature_transformation is not None:
            made = transformation_message(self.feature_transformation)
        spec = OnDemandFeatureViewSpec(
            **{**common_spec(self), "tags": tags},
            features=[feature.to_proto() for feature in self.features],
            sources=sources,
            feature_transformation=made,
            write_to_online_store=self.write_to_online_store,
            singleton=self.singleton,
            aggregations=[aggregation.to_proto() for aggregation in self.aggregations],
        )
        return OnDemandFeatureViewProto(spec=spec, meta=meta)

    @classmethod
    def from_proto(cls, feature_view_proto: Any, skip_udf: bool = False) -> OnDemandFeatureView:
        """The view of a message. Code comes from the source text; pickles are kept, not loaded.

        Args:
            feature_view_proto: Message of an on-demand feature view.
            skip_udf: Whether user code is kept as bytes only.

        Raises:
            ValueError: If a source is of no known kind.
        """
        spec = feature_view_proto.spec
        tags = dict(spec.tags)
        track_metrics = tags.pop(_TRACK_METRICS_TAG, "") == "true"
        raw = _transformation_of(spec)
        view = cls(
            **{**spec_arguments(spec), "tags": tags},
            schema=[Field.from_proto(column) for column in spec.features],
            sources=[_source_of(source, skip_udf) for source in spec.sources.values()],
            feature_transformation=None if raw is None or skip_udf else _load(raw, spec),
            mode=spec.mode or "pandas",
            write_to_online_store=spec.write_to_online_store,
            singleton=spec.singleton,
            track_metrics=track_metrics,
            aggregations=[Aggregation.from_proto(message) for message in spec.aggregations],
        )
        view.entities = list(spec.entities)
        view.entity_columns = [Field.from_proto(column) for column in spec.entity_columns]
        if view.feature_transformation is not None:
            view.udf = view.feature_transformation.udf
            view.udf_string = view.feature_transformation.udf_string
        view._raw_feature_transformation_proto = raw
        load_times(feature_view_proto.meta, view)
        view.state = FeatureViewState.from_proto(feature_view_proto.meta.state)
        view.current_version_number = version_number(
            feature_view_proto.meta.current_version_number, spec.version
        )
        return view


def _source_of(source: OnDemandSource, skip_udf: bool) -> OnDemandSourceType:
    kind = source.WhichOneof("source")
    if kind == "feature_view":
        projection: FeatureViewProjection = FeatureView.from_proto(source.feature_view, skip_udf).projection
        return projection
    if kind == "feature_view_projection":
        return FeatureViewProjection.from_proto(source.feature_view_projection)
    if kind == "request_data_source":
        return RequestSource.from_proto(source.request_data_source)
    raise ValueError(f"Unknown source type in proto: {kind}")


def _transformation_of(spec: OnDemandFeatureViewSpec) -> Optional[FeatureTransformationV2]:
    """The transformation of a message, also from the deprecated field; None if there is none."""
    message = spec.feature_transformation
    kind = message.WhichOneof("transformation")
    function = message.user_defined_function
    if kind == "substrait_transformation" or (kind and (function.body_text or function.body or function.name)):
        return FeatureTransformationV2.FromString(message.SerializeToString())
    if spec.HasField("user_defined_function"):
        old = spec.user_defined_function
        function = UserDefinedFunctionV2(name=old.name, body=old.body, body_text=old.body_text, mode=spec.mode)
        return FeatureTransformationV2(user_defined_function=function)
    return None


def _load(raw: FeatureTransformationV2, spec: OnDemandFeatureViewSpec) -> Transformation:
    if raw.WhichOneof("transformation") == "substrait_transformation":
        return SubstraitTransformation.from_proto(raw.substrait_transformation)
    function = raw.user_defined_function
    mode = function.mode or spec.mode or "pandas"
    made: Transformation
    if mode == "pandas":
        made = PandasTransformation.from_proto(function)
    elif mode == "python":
        made = PythonTransformation.from_proto(function)
        made.singleton = spec.singleton  # type: ignore[attr-defined]
    else:
        raise ValueError(f"Unsupported transformation mode: {mode} for OnDemandFeatureView")
    return made


def on_demand_feature_view(
    *,
    name: Optional[str] = None,
    entities: Optional[List[Entity]] = None,
    schema: List[Field],
    sources: Optional[List[OnDemandSourceType]] = None,
    input_schema: Optional[List[Field]] = None,
    aggregations: Optional[List[Aggregation]] = None,
    mode: str = "pandas",
    description: str = "",
    tags: Optional[Dict[str, str]] = None,
    owner: str = "",
    org: str = "",
    write_to_online_store: bool = False,
    singleton: bool = False,
    track_metrics: bool = False,
    explode: bool = False,
    version: str = "latest",
) -> Callable[[Callable[..., Any]], OnDemandFeatureView]:
    """Decorator: makes an OnDemandFeatureView of a function, with its name unless another is given.

    Arguments are those of OnDemandFeatureView; `explode` is accepted and not used.
    """
    return view_decorator(
        OnDemandFeatureView, {name: value for name, value in locals().items() if name != "explode"}
    )
