"""What Ray Data reads, as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
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
        timestamp_field: Column of the event time.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        connection_ref: Where the credentials are.

    Raises:
        ValueError: If there is no such reader.
    """

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
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
            connection_ref=connection_ref,
        )

    def settings(self) -> Dict[str, Any]:
        return {
            "reader_type": self.reader_type,
            "path": self.path,
            "reader_options": self.reader_options,
        }
