"""Redshift tables as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Dict, Optional

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_source import name_or, shared_arguments
from feast.infra.offline_stores.table_source import (
    TableLoggingDestination,
    TableOptions,
    TableSource,
    TableStorage,
    quoted,
)
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto


class RedshiftOptions(TableOptions):
    """Settings of a Redshift source."""

    _message = DataSourceProto.RedshiftOptions


class RedshiftSource(TableSource):
    """A Redshift table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        table: Table.
        schema: Schema; `public` if a table is given without one.
        query: SQL that gives the rows, instead of `table`.
        database: Database.

    The other arguments are those of `DataSource`.

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
        if table and not schema:
            schema = "public"
        self.redshift_options = RedshiftOptions(table=table, schema=schema, query=query, database=database)
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

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

    def _quoted_table(self) -> str:
        return quoted(self.schema, self.table)


class SavedDatasetRedshiftStorage(TableStorage):
    """A saved dataset in a Redshift table."""

    _proto_attr_name = "redshift_storage"
    _source_class = RedshiftSource

    def __init__(self, table_ref: str):
        self._keep(RedshiftOptions(table=table_ref))


class RedshiftLoggingDestination(TableLoggingDestination):
    """Logs in a Redshift table."""

    _proto_kind = "redshift_destination"
    _source_class = RedshiftSource
