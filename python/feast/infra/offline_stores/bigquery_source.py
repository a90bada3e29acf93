"""BigQuery tables as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Dict, Optional

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_source import DataSource, name_or, shared_arguments
from feast.feature_logging import LoggingDestination
from feast.infra.offline_stores.table_source import TableOptions, TableSource, TableStorage
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto


class BigQueryOptions(TableOptions):
    """Settings of a BigQuery source."""

    _message = DataSourceProto.BigQueryOptions


class BigQuerySource(TableSource):
    """A BigQuery table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        table: Table as `project.dataset.table`.
        timestamp_field_type: `DATE` if the event time is a date.
        query: SQL that gives the rows, instead of `table`.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If neither table nor query is given.
        DataSourceNoNameException: If a query has no name.
    """

    _options_attribute = "bigquery_options"
    _further_arguments = ("date_partition_column", "timestamp_field_type", "connection_ref")

    @checked
    def __init__(
        self,
        *,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = None,
        table: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        date_partition_column: Optional[str] = None,
        timestamp_field_type: Optional[str] = None,
        query: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not table and not query:
            raise ValueError('No "table" or "query" argument provided.')
        self.bigquery_options = BigQueryOptions(table=table, query=query)
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

    def source_type(self) -> int:
        return DataSourceProto.BATCH_BIGQUERY

    def _quoted_table(self) -> str:
        return f"`{self.table}`"


class SavedDatasetBigQueryStorage(TableStorage):
    """A saved dataset in a BigQuery table."""

    _proto_attr_name = "bigquery_storage"
    _source_class = BigQuerySource

    def __init__(self, table: str):
        self._keep(BigQueryOptions(table=table))


class BigQueryLoggingDestination(LoggingDestination):
    """Logs in a BigQuery table, `table_ref` as `project.dataset.table`."""

    _proto_kind = "bigquery_destination"

    def __init__(self, *, table_ref: str):
        self.table = table_ref

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        return cls(table_ref=config_proto.bigquery_destination.table_ref)

    def to_proto(self) -> LoggingConfigProto:
        return LoggingConfigProto(
            bigquery_destination=LoggingConfigProto.BigQueryDestination(table_ref=self.table)
        )

    def to_data_source(self) -> DataSource:
        return BigQuerySource(table=self.table)
