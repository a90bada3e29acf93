"""Rows of one feature view in MongoDB's history collection, as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import name_or, shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource


class MongoDBSource(CustomSource):
    """The documents of one feature view.

    Args:
        name: Name, unique in the project; also the view that the documents name.

    The other arguments are those of `DataSource`.

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
        super().__init__(name=name_or(name, None), **shared_arguments(locals()))

    @property
    def feature_view_name(self) -> str:
        """View that the documents name."""
        return self.name

    def settings(self) -> Dict[str, Any]:
        return {"feature_view": self.feature_view_name}

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        return super().read(message, {})
