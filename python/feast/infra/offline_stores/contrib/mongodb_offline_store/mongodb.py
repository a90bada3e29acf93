"""Rows of one feature view in MongoDB's history collection, as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.errors import DataSourceNoNameException
from feast.infra.offline_stores.custom_source import CustomSource


class MongoDBSource(CustomSource):
    """The documents of one feature view.

    Args:
        name: Name, unique in the project; also the view that the documents name.
        timestamp_field: Column of the event time.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Column name to feature name.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        connection_ref: Where the credentials are.

    Raises:
        DataSourceNoNameException: If there is no name.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        timestamp_field: str = "event_timestamp",
        created_timestamp_column: str = "created_at",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if not name:
            raise DataSourceNoNameException()
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

    @property
    def feature_view_name(self) -> str:
        """View that the documents name."""
        return self.name

    def settings(self) -> Dict[str, Any]:
        return {"feature_view": self.feature_view_name}

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        return super().read(message, {})
