"""Tables of an Iceberg catalog as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto


class IcebergSource(CustomSource):
    """A table of an Iceberg catalog.

    Args:
        warehouse: Warehouse of the catalog.
        namespace: Namespace of the table.
        table: Table.
        catalog_type: Kind of the catalog: `rest`, `sql`, `hive`, ….
        catalog_name: Name under which the catalog is opened.
        endpoint: Address of the catalog.
        catalog_properties: Further settings of the catalog.
        name: Name, unique in the project; `warehouse.namespace.table` if omitted.
        token_env_var: Environment variable that holds the token.
        credential_vending: Whether the catalog gives credentials for the storage.

    The other arguments are those of `DataSource`.
    """

    _setting_names = (
        "catalog_type",
        "catalog_name",
        "endpoint",
        "warehouse",
        "namespace",
        "table",
        "token_env_var",
        "credential_vending",
        "catalog_properties",
    )

    def __init__(
        self,
        *,
        warehouse: str,
        namespace: str,
        table: str,
        catalog_type: str = "rest",
        catalog_name: str = "feast_iceberg",
        endpoint: Optional[str] = None,
        catalog_properties: Optional[Dict[str, str]] = None,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        token_env_var: Optional[str] = None,
        credential_vending: bool = True,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self.warehouse = warehouse
        self.namespace = namespace
        self.table = table
        self.catalog_type = catalog_type
        self.catalog_name = catalog_name
        self.endpoint = endpoint or ""
        self.catalog_properties = catalog_properties or {}
        self.token_env_var = token_env_var
        self.credential_vending = credential_vending
        super().__init__(name=name or self.fqn, **shared_arguments(locals()))

    @property
    def fqn(self) -> str:
        """Warehouse, namespace and table with dots between."""
        return f"{self.warehouse}.{self.namespace}.{self.table}"

    def source_type(self) -> int:
        return DataSourceProto.BATCH_ICEBERG

    @classmethod
    def from_proto(cls, data_source: DataSourceProto) -> Any:
        """The source of a message; one of Unity Catalog if it names that class."""
        if cls is IcebergSource and data_source.data_source_class_type.endswith(".UnityCatalogSource"):
            from feast.infra.data_sources.contrib.iceberg_catalog.unity_catalog_source import UnityCatalogSource

            return UnityCatalogSource.from_proto(data_source)
        return super().from_proto(data_source)

    def get_table_query_string(self) -> str:
        return self.fqn
