"""Snowflake tables as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

import warnings
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


class SnowflakeOptions(TableOptions):
    """Settings of a Snowflake source."""

    _message = DataSourceProto.SnowflakeOptions


class SnowflakeSource(TableSource):
    """A Snowflake table or query.

    Args:
        name: Name, unique in the project; `table` if omitted.
        database: Database.
        warehouse: Deprecated and not stored; configure the offline store instead.
        schema: Schema; `PUBLIC` if a database is given without one.
        table: Table.
        query: SQL that gives the rows, instead of `table`.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If neither table nor query is given.
        DataSourceNoNameException: If a query has no name.
    """

    _options_attribute = "snowflake_options"

    @checked
    def __init__(
        self,
        *,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        database: Optional[str] = None,
        warehouse: Optional[str] = None,
        schema: Optional[str] = None,
        table: Optional[str] = None,
        query: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not table and not query:
            raise ValueError('No "table" or "query" argument provided.')
        if warehouse:
            warnings.warn(
                "The warehouse of a SnowflakeSource is deprecated and ignored; the warehouse of the Snowflake "
                "store configuration is used.",
                RuntimeWarning,
                stacklevel=3,
            )
        if database and table and not schema:
            schema = "PUBLIC"
        self.snowflake_options = SnowflakeOptions(database=database, schema=schema, table=table, query=query)
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

    def source_type(self) -> int:
        return DataSourceProto.BATCH_SNOWFLAKE

    @property
    def database(self) -> str:
        """Database of the table."""
        return str(self._options.database)

    @property
    def schema(self) -> str:
        """Schema of the table."""
        return str(self._options.schema)

    def _quoted_table(self) -> str:
        return quoted(self.database, self.schema, self.table)


class SavedDatasetSnowflakeStorage(TableStorage):
    """A saved dataset in a Snowflake table."""

    _proto_attr_name = "snowflake_storage"
    _source_class = SnowflakeSource

    def __init__(self, table_ref: str):
        self._keep(SnowflakeOptions(table=table_ref))


class SnowflakeLoggingDestination(TableLoggingDestination):
    """Logs in a Snowflake table."""

    _proto_kind = "snowflake_destination"
    _source_class = SnowflakeSource
