"""A feature view whose features are computed from a batch source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Dict, List, Optional, Union

from feast.aggregation import Aggregation
from feast.argument_types import checked
from feast.computed_feature_view import ComputedFeatureView
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_view import mode_text
from feast.field import Field
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.Transformation_pb2 import FeatureTransformationV2
from feast.transformation.base import Transformation
from feast.transformation.factory import get_transformation_class_from_type
from feast.transformation.mode import TransformationMode
from feast.transformation.substrait_transformation import SubstraitTransformation
from feast.transformation.udf_source import view_decorator


class BatchFeatureView(ComputedFeatureView):
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

    _kind = "batch"
    _source_classes = {
        "SparkSource",
        "TrinoSource",
        "SnowflakeSource",
        "BigQuerySource",
        "RedshiftSource",
        "AthenaSource",
        "FileSource",
    }
    _source_kinds = (DataSourceProto.CUSTOM_SOURCE, DataSourceProto.BATCH_ICEBERG)
    _modes = ("pandas", "python", "sql", "spark_sql", "spark", "ray", "substrait")

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
        self._refuse_other_sources(source)
        self.batch_engine = batch_engine
        self.aggregations = aggregations or []
        self._take(locals())

    def _made(self, mode: Union[TransformationMode, str]) -> Optional[Transformation]:
        made = super()._made(mode)
        if made is not None:
            made.mode = mode
        return made

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
    return view_decorator(BatchFeatureView, locals())
