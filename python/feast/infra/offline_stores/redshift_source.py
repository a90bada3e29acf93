"""Redshift tables as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Dict, Optional

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_source import DataSource, common_arguments
from feast.errors import DataSourceNoNameException
from feast.feature_logging import LoggingDestination
from feast.infra.offline_stores.table_source import TableOptions, TableSource, quoted
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage


class RedshiftOptions(TableOptions):
    """Settings of a Redshift source."""

    _message = DataSourceProto.RedshiftOptions


class RedshiftSource(TableSource):
    """A Redshift table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        timestamp_field: Column of the event time.
        table: Table.
        schema: Schema; `public` if a table is given without one.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        query: SQL that gives the rows, instead of `table`.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        database: Database.
        connection_ref: Where the credentials are.

    Raises:
        ValueError: If neither table nor query is given.
        DataSourceNoNameException: If a query has no name.
    """

    _options_attribute = "redshift_options"

    @checked
    def __init__(
        self,
        *,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        table: Optional[str] = None,
        schema: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        query: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        database: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not table and not query:
            raise ValueError('No "table" or "query" argument provided.')
        if not (name or table):
            raise DataSourceNoNameException()
        if table and not schema:
            schema = "public"
        self.redshift_options = RedshiftOptions(table=table, schema=schema, query=query, database=database)
        super().__init__(
            name=name or str(table),
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
            connection_ref=connection_ref,
        )

    def source_type(self) -> int:
        return DataSourceProto.BATCH_REDSHIFT

    @property
    def schema(self) -> str:
        """Schema of the table."""
        return str(self._options.schema)

    @property
    def database(self) -> str:
        """Database of the table, empty for the configured one."""
        return str(self._options.database)

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> RedshiftSource:
        """The source of a message."""
        options = data_source.redshift_options
        return RedshiftSource(
            **common_arguments(data_source, "connection_ref"),
            table=options.table,
            schema=options.schema,
            query=options.query,
            database=options.database,
        )

    def _quoted_table(self) -> str:
        return quoted(self.schema, self.table)


class SavedDatasetRedshiftStorage(SavedDatasetStorage):
    """A saved dataset in a Redshift table."""

    _proto_attr_name = "redshift_storage"
    _source_class = RedshiftSource

    def __init__(self, table_ref: str):
        self.redshift_options = RedshiftOptions(table=table_ref)

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        return SavedDatasetRedshiftStorage(table_ref=storage_proto.redshift_storage.table)

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(redshift_storage=self.redshift_options.to_proto())

    def to_data_source(self) -> DataSource:
        return RedshiftSource(table=self.redshift_options.to_proto().table)


class RedshiftLoggingDestination(LoggingDestination):
    """Logs in a Redshift table."""

    _proto_kind = "redshift_destination"

    def __init__(self, *, table_name: str):
        self.table_name = table_name

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        return cls(table_name=config_proto.redshift_destination.table_name)

    def to_proto(self) -> LoggingConfigProto:
        return LoggingConfigProto(
            redshift_destination=LoggingConfigProto.RedshiftDestination(table_name=self.table_name)
        )

    def to_data_source(self) -> DataSource:
        return RedshiftSource(table=self.table_name)
