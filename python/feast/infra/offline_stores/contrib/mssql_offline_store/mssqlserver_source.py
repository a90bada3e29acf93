"""SQL Server tables as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import shared_arguments
from feast.infra.offline_stores.custom_source import TableReferenceSource


class MsSqlServerSource(TableReferenceSource):
    """A SQL Server table.

    Args:
        name: Name, unique in the project.
        table_ref: Table.
        event_timestamp_column: Column of the event time.
        connection_str: Connection string, if not the configured one.

    The other arguments are those of `DataSource`.
    """

    def __init__(
        self,
        name: str,
        table_ref: Optional[str] = None,
        event_timestamp_column: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        date_partition_column: Optional[str] = "",
        connection_str: Optional[str] = "",
        description: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = None,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self.connection_str = connection_str or ""
        super().__init__(
            name=name,
            table_ref=table_ref,
            event_timestamp_column=event_timestamp_column,
            **shared_arguments(locals()),
        )

    def settings(self) -> Dict[str, Any]:
        return {**super().settings(), "connection_string": self.connection_str}

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        connection = settings.get("connection_string")
        return super().read(message, {"table_ref": settings["table_ref"], "connection_str": connection})
