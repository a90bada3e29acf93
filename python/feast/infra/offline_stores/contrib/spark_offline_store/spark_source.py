"""Spark tables, queries and paths as a data source, and as storage of saved datasets."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import DataSource, class_path, common_arguments, name_or, shared_arguments
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage
from feast.table_format import TableFormat, table_format_from_proto

_DATE_FORMAT = "%Y-%m-%d"


class SparkFileSourceFormat(Enum):
    """File formats that Spark sources may have."""

    csv = "csv"
    json = "json"
    parquet = "parquet"
    avro = "avro"


class SparkOptions:
    """Settings of a Spark source: exactly one of table, query and path.

    Raises:
        ValueError: If none or several are given, or a path has no known format.
    """

    allowed_formats = [known.value for known in SparkFileSourceFormat]

    def __init__(
        self,
        table: Optional[str],
        query: Optional[str],
        path: Optional[str],
        file_format: Optional[str],
        date_partition_column_format: Optional[str] = _DATE_FORMAT,
        table_format: Optional[TableFormat] = None,
    ):
        if not (table or query or path):
            raise ValueError("At least one of params(table, query, path) must be specified.")
        if table and (query or path):
            raise ValueError("'table' cannot be combined with 'query' or 'path'.")
        if query and path:
            raise ValueError("'query' cannot be combined with 'path'.")
        if path and not table_format and not file_format:
            raise ValueError("If 'path' is specified without 'table_format', then 'file_format' is required.")
        if file_format and file_format not in self.allowed_formats:
            raise ValueError(f"'file_format' should be one of {self.allowed_formats}")
        self.table = table
        self.query = query
        self.path = path
        self.file_format = file_format
        self.date_partition_column_format = date_partition_column_format
        self.table_format = table_format

    @classmethod
    def from_proto(cls, spark_options_proto: DataSourceProto.SparkOptions) -> SparkOptions:
        """The settings of a message."""
        message = spark_options_proto
        return cls(
            table=message.table or None,
            query=message.query or None,
            path=message.path or None,
            file_format=message.file_format or None,
            date_partition_column_format=message.date_partition_column_format or _DATE_FORMAT,
            table_format=(
                table_format_from_proto(message.table_format) if message.HasField("table_format") else None
            ),
        )

    def to_proto(self) -> DataSourceProto.SparkOptions:
        """The message of the settings."""
        return DataSourceProto.SparkOptions(
            table=self.table or "",
            query=self.query or "",
            path=self.path or "",
            file_format=self.file_format or "",
            date_partition_column_format=self.date_partition_column_format or "",
            table_format=self.table_format.to_proto() if self.table_format else None,
        )


class SparkSource(DataSource):
    """A Spark table, query or path.

    Args:
        name: Name, unique in the project; `table` if omitted.
        table: Table.
        query: SQL that gives the rows.
        path: File or folder.
        file_format: `csv`, `json`, `parquet` or `avro`; needed for a path without `table_format`.
        table_format: Table format of the path or table.
        date_partition_column_format: How that column writes a day, for strftime.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: As SparkOptions.
        DataSourceNoNameException: If neither name nor table is given.
    """

    def __init__(
        self,
        *,
        name: Optional[str] = None,
        table: Optional[str] = None,
        query: Optional[str] = None,
        path: Optional[str] = None,
        file_format: Optional[str] = None,
        table_format: Optional[TableFormat] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        timestamp_field: Optional[str] = None,
        date_partition_column: Optional[str] = None,
        date_partition_column_format: Optional[str] = _DATE_FORMAT,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))
        self.spark_options = SparkOptions(
            table, query, path, file_format, date_partition_column_format, table_format
        )

    def source_type(self) -> int:
        return DataSourceProto.BATCH_SPARK

    @property
    def table(self) -> Optional[str]:
        """The table, if it is one."""
        return self.spark_options.table

    @property
    def query(self) -> Optional[str]:
        """The query, if it is one."""
        return self.spark_options.query

    @property
    def path(self) -> Optional[str]:
        """The path, if it is one."""
        return self.spark_options.path

    @property
    def file_format(self) -> Optional[str]:
        """Format of the files."""
        return self.spark_options.file_format

    @property
    def table_format(self) -> Optional[TableFormat]:
        """Table format."""
        return self.spark_options.table_format

    @property
    def date_partition_column_format(self) -> Optional[str]:
        """How the partition column writes a day."""
        return self.spark_options.date_partition_column_format

    def _compared(self) -> Any:
        return "spark_options", self.spark_options.to_proto()

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> SparkSource:
        """The source of a message."""
        options = SparkOptions.from_proto(data_source.spark_options)
        return SparkSource(
            **common_arguments(data_source, "date_partition_column", "connection_ref"), **vars(options)
        )

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(
            data_source_class_type=class_path(self), spark_options=self.spark_options.to_proto()
        )

    def get_table_query_string(self) -> str:
        """The table, or the query in parentheses.

        Raises:
            ValueError: If the source is a path, which only Spark can turn into a table.
        """
        if self.table:
            return f"`{'`.`'.join(self.table.split('.'))}`"
        if self.query:
            return f"({self.query})"
        raise ValueError(f"The source {self.name} is a path; Spark has to read it first.")


class SavedDatasetSparkStorage(SavedDatasetStorage):
    """A saved dataset in a Spark table or path; arguments are those of SparkOptions."""

    _proto_attr_name = "spark_storage"
    _source_class = SparkSource

    def __init__(
        self,
        table: Optional[str] = None,
        query: Optional[str] = None,
        path: Optional[str] = None,
        file_format: Optional[str] = None,
        table_format: Optional[TableFormat] = None,
    ):
        self.spark_options = SparkOptions(table, query, path, file_format, table_format=table_format)

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        options = SparkOptions.from_proto(storage_proto.spark_storage)
        return SavedDatasetSparkStorage(
            options.table, options.query, options.path, options.file_format, options.table_format
        )

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(spark_storage=self.spark_options.to_proto())

    def to_data_source(self) -> DataSource:
        options = vars(self.spark_options)
        return SparkSource(name=options["table"] or options["path"] or options["query"], **options)

    @staticmethod
    def from_data_source(data_source: DataSource) -> SavedDatasetStorage:
        assert isinstance(data_source, SparkSource)
        options = data_source.spark_options
        return SavedDatasetSparkStorage(
            options.table, options.query, options.path, options.file_format, options.table_format
        )
