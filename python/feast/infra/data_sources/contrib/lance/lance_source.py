"""Lance datasets as a data source, and as storage of saved datasets."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.data_source import DataSource, shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource, CustomStorage
from feast.table_format import LanceFormat


class LanceSource(CustomSource):
    """A Lance dataset, by address or by name in a namespace.

    Args:
        uri: Address of the dataset.
        table: Name of the dataset in a namespace.
        table_format: Version or tag to read, and further settings.
        namespace_impl: Kind of the namespace.
        namespace_properties: Settings of the namespace.
        storage_options: Settings of the storage.
        name: Name, unique in the project; `table` or `uri` if omitted.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If neither address nor name is given, or both.
    """

    _further_arguments = ()

    def __init__(
        self,
        *,
        uri: Optional[str] = None,
        table: Optional[str] = None,
        table_format: Optional[LanceFormat] = None,
        namespace_impl: Optional[str] = None,
        namespace_properties: Optional[Dict[str, str]] = None,
        storage_options: Optional[Dict[str, str]] = None,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
    ):
        if not uri and not table:
            raise ValueError(
                "LanceSource requires either uri (path-based) or table (catalog-based) to address the dataset."
            )
        if uri and table:
            raise ValueError("LanceSource accepts either uri or table, not both.")
        self.uri = uri
        self.table = table
        self.table_format = table_format or LanceFormat()
        self.namespace_impl = namespace_impl
        self.namespace_properties = namespace_properties or {}
        self.storage_options = storage_options or {}
        super().__init__(name=name or str(table or uri), **shared_arguments(locals()))

    @property
    def is_catalog_based(self) -> bool:
        """Whether the dataset is found by name."""
        return self.table is not None

    def settings(self) -> Dict[str, Any]:
        return {
            "uri": self.uri,
            "table": self.table,
            "namespace_impl": self.namespace_impl,
            "namespace_properties": self.namespace_properties,
            "storage_options": self.storage_options,
            "table_format": self.table_format.to_dict(),
        }

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        table_format = LanceFormat.from_dict(settings.get("table_format") or {})
        return super().read(message, {**settings, "table_format": table_format})

    def get_table_query_string(self) -> str:
        return str(self.table or self.uri)


class SavedDatasetLanceStorage(CustomStorage):
    """A saved dataset in a pinned Lance dataset; arguments are those of LanceSource.

    Raises:
        ValueError: If neither version nor tag is pinned.
    """

    _proto_attr_name = "custom_storage"
    _source_class = LanceSource

    def __init__(
        self,
        table_format: LanceFormat,
        *,
        uri: Optional[str] = None,
        table: Optional[str] = None,
        namespace_impl: Optional[str] = None,
        namespace_properties: Optional[Dict[str, str]] = None,
        storage_options: Optional[Dict[str, str]] = None,
    ):
        if not table_format.is_pinned:
            raise ValueError(
                "SavedDatasetLanceStorage requires LanceFormat to pin a version or a tag. Without a pin the saved "
                "dataset addresses whatever version is latest at read time, so it does not identify the rows it was "
                "created from."
            )
        self._source = LanceSource(
            uri=uri,
            table=table,
            table_format=table_format,
            namespace_impl=namespace_impl,
            namespace_properties=namespace_properties,
            storage_options=storage_options,
        )

    def settings(self) -> Dict[str, Any]:
        return self._source.settings()

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        table_format = LanceFormat.from_dict(settings.pop("table_format", None) or {})
        return cls(table_format, **settings)  # type: ignore[arg-type]

    def to_data_source(self) -> DataSource:
        return self._source

    @staticmethod
    def from_data_source(data_source: DataSource) -> Any:
        assert isinstance(data_source, LanceSource)
        return SavedDatasetLanceStorage.read(data_source.settings())
