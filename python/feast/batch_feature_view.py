"""A feature view whose features are computed from a batch source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Dict, List, Optional, Union

from feast.aggregation import Aggregation
from feast.argument_types import checked
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_view import FeatureView, mode_text
from feast.field import Field
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.Transformation_pb2 import FeatureTransformationV2
from feast.transformation.base import Transformation
from feast.transformation.factory import get_transformation_class_from_type
from feast.transformation.mode import TransformationMode
from feast.transformation.substrait_transformation import SubstraitTransformation
from feast.transformation.udf_source import detach, source_of

_SOURCES = {
    "SparkSource",
    "TrinoSource",
    "SnowflakeSource",
    "BigQuerySource",
    "RedshiftSource",
    "AthenaSource",
    "FileSource",
}
_SOURCE_NAMES = "{" + ", ".join(repr(name) for name in sorted(_SOURCES)) + "}"
_MODES = ("pandas", "python", "sql", "spark_sql", "spark", "ray", "substrait")


class BatchFeatureView(FeatureView):
    """A feature view with a transformation of its batch source.

    Only the transformation and its mode are stored in the registry; the engine, aggregations and sink are not.

    Args:
        name: Name, unique in the project whatever the case and kind.
        mode: Kind of the transformation.
        source: Batch source, or the view or views this one is derived from.
        sink_source: Where a derived view is stored; needed for derived views.
        entities: Entities the features are about.
        ttl: For how long a row holds; None means forever.
        tags: Labels.
        online: Whether it is materialized to the online store.
        offline: Whether it is also written to the offline store.
        description: Text for people.
        owner: Who is responsible.
        org: Organisation.
        schema: Columns.
        udf: The function.
        udf_string: Source text of the function.
        feature_transformation: The transformation, instead of `udf`.
        batch_engine: Settings that override those of the configured engine.
        aggregations: Aggregations after the transformation.
        enable_validation: Whether engines check column types.
        version: `latest`, or `vN` to pin.

    Raises:
        ValueError: As FeatureView, or if the source is not a batch source or the mode is not known.
    """

    sink_source: Optional[DataSource] = None
    udf: Optional[Callable[..., Any]] = None
    udf_string: Optional[str] = ""
    feature_transformation: Optional[Transformation] = None
    batch_engine: Optional[Dict[str, Any]] = None
    aggregations: List[Aggregation] = []

    @checked
    def __init__(
        self,
        *,
        name: str,
        mode: Union[TransformationMode, str] = TransformationMode.PYTHON,
        source: Union[DataSource, BatchFeatureView, List[BatchFeatureView], None] = None,
        sink_source: Optional[DataSource] = None,
        entities: Optional[List[Entity]] = None,
        ttl: Optional[timedelta] = None,
        tags: Optional[Dict[str, str]] = None,
        online: bool = False,
        offline: bool = False,
        description: str = "",
        owner: str = "",
        org: str = "",
        schema: Optional[List[Field]] = None,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        feature_transformation: Optional[Transformation] = None,
        batch_engine: Optional[Dict[str, Any]] = None,
        aggregations: Optional[List[Aggregation]] = None,
        enable_validation: bool = False,
        version: str = "latest",
    ):
        if (
            isinstance(source, DataSource)
            and type(source).__name__ not in _SOURCES
            and source.source_type() not in (DataSourceProto.CUSTOM_SOURCE, DataSourceProto.BATCH_ICEBERG)
        ):
            raise ValueError(
                f"Batch feature views need a batch source, expected one of {_SOURCE_NAMES} or CUSTOM_SOURCE, "
                f"got {type(source).__name__}: {source.name} instead "
            )
        self.sink_source = sink_source
        self.udf = udf
        self.udf_string = udf_string
        self.batch_engine = batch_engine
        self.aggregations = aggregations or []
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

    def load_transformation(self, message: FeatureTransformationV2, skip_udf: bool) -> None:
        """Takes the transformation of a message; as bytes only if `skip_udf`."""
        self._raw_feature_transformation_proto = message
        if skip_udf:
            return
        if message.WhichOneof("transformation") == "substrait_transformation":
            self.feature_transformation = SubstraitTransformation.from_proto(message.substrait_transformation)
            return
        function = message.user_defined_function
        mode = function.mode or mode_text(self.mode) or TransformationMode.PYTHON.value
        made = get_transformation_class_from_type(mode).from_proto(function)
        made.mode = mode
        self.feature_transformation = made
        self.udf = made.udf
        self.udf_string = made.udf_string


def _transformation(
    mode: Union[TransformationMode, str], udf: Optional[Callable[..., Any]], text: Optional[str]
) -> Optional[Transformation]:
    if not udf:
        return None
    if mode_text(mode) not in _MODES:
        raise ValueError(f"Unsupported transformation mode: {mode_text(mode)} for BatchFeatureView")
    made: Transformation = Transformation(mode=mode_text(mode), udf=udf, udf_string=text or "")
    made.mode = mode
    return made


def batch_feature_view(
    *,
    name: Optional[str] = None,
    mode: Union[TransformationMode, str] = TransformationMode.PYTHON,
    entities: Optional[List[Any]] = None,
    ttl: Optional[timedelta] = None,
    source: Optional[DataSource] = None,
    tags: Optional[Dict[str, str]] = None,
    online: bool = True,
    offline: bool = True,
    description: str = "",
    owner: str = "",
    org: str = "",
    schema: Optional[List[Field]] = None,
    enable_validation: bool = False,
    version: str = "latest",
) -> Callable[[Callable[..., Any]], BatchFeatureView]:
    """Decorator: makes a BatchFeatureView of a function, with its name unless another is given."""

    def decorate(function: Callable[..., Any]) -> BatchFeatureView:
        text = source_of(function)
        detach(function)
        return BatchFeatureView(
            name=name or function.__name__,
            mode=mode,
            entities=entities,
            ttl=ttl,
            source=source,
            tags=tags,
            online=online,
            offline=offline,
            description=description,
            owner=owner,
            org=org,
            schema=schema,
            udf=function,
            udf_string=text,
            enable_validation=enable_validation,
            version=version,
        )

    return decorate
