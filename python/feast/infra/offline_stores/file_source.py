"""Files as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from feast.argument_types import checked
from feast.credentials import ConnectionRef
from feast.data_format import FileFormat, ParquetFormat
from feast.data_source import DataSource, common_arguments, shared_arguments
from feast.feature_logging import LoggingDestination
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage


class FileOptions:
    """Settings of a file source: address, format, endpoint of an S3 service."""

    def __init__(self, uri: str, file_format: Optional[FileFormat], s3_endpoint_override: Optional[str]):
        self.uri = uri
        self.file_format = file_format
        self.s3_endpoint_override = s3_endpoint_override or ""

    @classmethod
    def from_proto(cls, file_options_proto: DataSourceProto.FileOptions) -> FileOptions:
        """The settings of a message."""
        return cls(
            uri=file_options_proto.uri,
            file_format=FileFormat.from_proto(file_options_proto.file_format),
            s3_endpoint_override=file_options_proto.s3_endpoint_override,
        )

    def to_proto(self) -> DataSourceProto.FileOptions:
        """The message of the settings."""
        return DataSourceProto.FileOptions(
            uri=self.uri,
            file_format=None if self.file_format is None else self.file_format.to_proto(),
            s3_endpoint_override=self.s3_endpoint_override,
        )


class FileSource(DataSource):
    """Parquet files, a Delta table or an Iceberg table.

    Args:
        path: File or folder, or a metadata file of an Iceberg table; relative paths start at the repository.
        name: Name, unique in the project; `path` if omitted.
        event_timestamp_column: Ignored, kept for old definitions.
        file_format: Format; if omitted, an Iceberg table if one lies there, else Parquet.
        s3_endpoint_override: Endpoint of an S3 service.

    The other arguments are those of `DataSource`.
    """

    @checked
    def __init__(
        self,
        *,
        path: str,
        name: Optional[str] = "",
        event_timestamp_column: Optional[str] = "",
        file_format: Optional[FileFormat] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        s3_endpoint_override: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        timestamp_field: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self.file_options = FileOptions(path, file_format, s3_endpoint_override)
        super().__init__(name=name or path, **shared_arguments(locals()))

    def source_type(self) -> int:
        return DataSourceProto.BATCH_FILE

    def _compared(self) -> Any:
        return "file_options", self.path, self.file_format, self.s3_endpoint_override

    @property
    def path(self) -> str:
        """Address of the files, as given."""
        return self.file_options.uri

    @property
    def file_format(self) -> Optional[FileFormat]:
        """Format of the files."""
        return self.file_options.file_format

    @property
    def s3_endpoint_override(self) -> Optional[str]:
        """Endpoint of an S3 service, empty for the default."""
        return self.file_options.s3_endpoint_override

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> FileSource:
        """The source of a message."""
        options = FileOptions.from_proto(data_source.file_options)
        return FileSource(
            **common_arguments(data_source, "connection_ref"),
            path=options.uri,
            file_format=options.file_format,
            s3_endpoint_override=options.s3_endpoint_override,
        )

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(file_options=self.file_options.to_proto())

    @staticmethod
    def get_uri_for_file_path(repo_path: Union[Path, str, None], uri: str) -> str:
        """`uri`, made absolute with `repo_path` if it is a relative path."""
        if "://" in uri or Path(uri).is_absolute() or repo_path is None:
            return uri
        return str(Path(repo_path) / uri)


class SavedDatasetFileStorage(SavedDatasetStorage):
    """A saved dataset in files.

    Args:
        path: File or folder.
        file_format: Format; Parquet if omitted.
        s3_endpoint_override: Endpoint of an S3 service.
    """

    _proto_attr_name = "file_storage"
    _source_class = FileSource

    def __init__(
        self,
        path: str,
        file_format: FileFormat = ParquetFormat(),
        s3_endpoint_override: Optional[str] = None,
    ):
        self.file_options = FileOptions(path, file_format, s3_endpoint_override)

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        options = FileOptions.from_proto(storage_proto.file_storage)
        return SavedDatasetFileStorage(
            options.uri, options.file_format or ParquetFormat(), options.s3_endpoint_override
        )

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(file_storage=self.file_options.to_proto())

    def to_data_source(self) -> DataSource:
        return FileSource(
            path=self.file_options.uri,
            file_format=self.file_options.file_format,
            s3_endpoint_override=self.file_options.s3_endpoint_override,
        )

    @staticmethod
    def from_data_source(data_source: DataSource) -> SavedDatasetStorage:
        assert isinstance(data_source, FileSource)
        return SavedDatasetFileStorage(
            data_source.path, data_source.file_format or ParquetFormat(), data_source.s3_endpoint_override
        )


class FileLoggingDestination(LoggingDestination):
    """Logs as Parquet files.

    Args:
        path: Folder.
        s3_endpoint_override: Endpoint of an S3 service.
        partition_by: Columns by which files are partitioned.
    """

    _proto_kind = "file_destination"

    def __init__(self, *, path: str, s3_endpoint_override: str = "", partition_by: Optional[List[str]] = None):
        self.path = path
        self.s3_endpoint_override = s3_endpoint_override
        self.partition_by = partition_by

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        message = config_proto.file_destination
        return cls(
            path=message.path,
            s3_endpoint_override=message.s3_endpoint_override,
            partition_by=list(message.partition_by) or None,
        )

    def to_proto(self) -> LoggingConfigProto:
        return LoggingConfigProto(
            file_destination=LoggingConfigProto.FileDestination(
                path=self.path, s3_endpoint_override=self.s3_endpoint_override, partition_by=self.partition_by
            )
        )

    def to_data_source(self) -> DataSource:
        return FileSource(
            path=self.path, file_format=ParquetFormat(), s3_endpoint_override=self.s3_endpoint_override
        )
