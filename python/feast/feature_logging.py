"""Logging of served features: where the rows go and how many."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar, Dict, Optional, Type

from feast.data_source import DataSource
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto

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
