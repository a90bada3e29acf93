"""What Ray Data reads, as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource

_READERS = (
    "parquet",
    "csv",
    "json",
    "text",
    "images",
    "binary_files",
    "tfrecords",
    "webdataset",
    "huggingface",
    "mongo",
    "sql",
)


class RaySource(CustomSource):
    """Rows that a Ray Data reader gives.

    Args:
        name: Name, unique in the project.
        reader_type: Which reader.
        path: File or folder, for readers that have one.
        reader_options: Further arguments of the reader.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If there is no such reader.
    """

    _setting_names = ("reader_type", "path", "reader_options")

    def __init__(
        self,
        *,
        name: str,
        reader_type: str,
        path: Optional[str] = None,
        reader_options: Optional[Dict[str, Any]] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        timestamp_field: Optional[str] = None,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if reader_type not in _READERS:
            raise ValueError(f"'reader_type' must be one of {_READERS}, got '{reader_type}'.")
        self.reader_type = reader_type
        self.path = path or ""
        self.reader_options = reader_options or {}
        super().__init__(name=name, **shared_arguments(locals()))
