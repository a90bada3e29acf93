"""Logging of served features: where the rows go and how many."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Optional, Type

from feast.entity import DUMMY_ENTITY_ID
from feast.data_source import DataSource
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.types import from_feast_to_pyarrow_type

if TYPE_CHECKING:
    import pyarrow

    from feast.feature_service import FeatureService

REQUEST_ID_FIELD = "__request_id"
LOG_TIMESTAMP_FIELD = "__log_timestamp"
LOG_DATE_FIELD = "__log_date"

_DESTINATION_MODULES = {
    "file_destination": "feast.infra.offline_stores.file_source",
    "bigquery_destination": "feast.infra.offline_stores.bigquery_source",
    "redshift_destination": "feast.infra.offline_stores.redshift_source",
    "snowflake_destination": "feast.infra.offline_stores.snowflake_source",
    "athena_destination": "feast.infra.offline_stores.contrib.athena_offline_store.athena_source",
    "couchbase_columnar_destination": "feast.infra.offline_stores.contrib.couchbase_offline_store.couchbase_source",
}


class LoggingSource:
    """What produces logs."""

    def get_schema(self, registry: Any) -> pyarrow.Schema:
        """The columns of the logs."""
        raise NotImplementedError

    def get_log_timestamp_column(self) -> str:
        """The column of the time of each row."""
        raise NotImplementedError


class FeatureServiceLoggingSource(LoggingSource):
    """A feature service, whose answers are logged.

    Args:
        feature_service: The service.
        project: Its project.
    """

    def __init__(self, feature_service: FeatureService, project: str):
        self._feature_service = feature_service
        self._project = project

    def get_schema(self, registry: Any) -> pyarrow.Schema:
        """View by view the join keys (or request data) that are new, then of each feature value, time and status.

        Args:
            registry: The registry, as `FeatureStore.registry`.

        Raises:
            FeatureViewNotFoundException: If a view of the service is not registered.
        """
        import pyarrow

        columns: Dict[str, Any] = {}
        for projection in self._feature_service.feature_view_projections:
            view = registry.get_any_feature_view(projection.name, self._project)
            requested = getattr(view, "source_request_sources", None)
            if requested is not None:
                fields = sorted((one for source in requested.values() for one in source.schema), key=lambda one: one.name)
            else:
                fields = [field for field in view.entity_columns if field.name != DUMMY_ENTITY_ID]
            for field in fields:
                columns.setdefault(projection.join_key_map.get(field.name, field.name), _log_type(field.dtype))
            for feature in projection.features:
                name = f"{projection.name_to_use()}__{feature.name}"
                columns[name] = _log_type(feature.dtype)
                columns[f"{name}__timestamp"] = pyarrow.timestamp("s", tz="UTC")
                columns[f"{name}__status"] = pyarrow.int32()
        columns[LOG_TIMESTAMP_FIELD] = pyarrow.timestamp("us", tz="UTC")
        columns[LOG_DATE_FIELD] = pyarrow.date32()
        columns[REQUEST_ID_FIELD] = pyarrow.string()
        return pyarrow.schema(list(columns.items()))

    def get_log_timestamp_column(self) -> str:
        """The column of the time of each answer."""
        return LOG_TIMESTAMP_FIELD


def _log_type(dtype: Any) -> pyarrow.DataType:
    """The type of a column of the log: times are whole seconds without a zone there."""
    import pyarrow

    kind = from_feast_to_pyarrow_type(dtype)
    if pyarrow.types.is_timestamp(kind):
        return pyarrow.timestamp("s")
    if pyarrow.types.is_list(kind) and pyarrow.types.is_timestamp(kind.value_type):
        return pyarrow.list_(pyarrow.timestamp("s"))
    return kind


class LoggingDestination:
    """Where logged rows are written; each subclass names its field of the message in `_proto_kind`."""

    _proto_kind: ClassVar[str]
    _classes: ClassVar[Dict[str, Type[LoggingDestination]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_proto_kind" in vars(cls):
            LoggingDestination._classes[cls._proto_kind] = cls

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        """The destination of a message."""
        raise NotImplementedError

    def to_proto(self) -> LoggingConfigProto:
        """The message with this destination, without rate."""
        raise NotImplementedError

    def to_data_source(self) -> DataSource:
        """The logged rows as a data source."""
        raise NotImplementedError


class LoggingConfig:
    """How a feature service logs what it serves.

    Args:
        destination: Where rows are written.
        sample_rate: Share of requests that are logged, from 0 to 1.
    """

    destination: LoggingDestination
    sample_rate: float

    def __init__(self, destination: LoggingDestination, sample_rate: float = 1.0):
        self.destination = destination
        self.sample_rate = sample_rate

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> Optional[LoggingConfig]:
        """The configuration of a message, None if it has no destination."""
        kind = config_proto.WhichOneof("destination")
        if kind is None:
            return None
        if kind in _DESTINATION_MODULES:
            importlib.import_module(_DESTINATION_MODULES[kind])
        if kind == "custom_destination":
            kind = config_proto.custom_destination.kind
        destination = LoggingDestination._classes[kind].from_proto(config_proto)
        return cls(destination=destination, sample_rate=config_proto.sample_rate)

    def to_proto(self) -> LoggingConfigProto:
        """The message of the configuration."""
        message = self.destination.to_proto()
        message.sample_rate = self.sample_rate
        return message
