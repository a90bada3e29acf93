"""Tables of Databricks Unity Catalog as a data source."""

from __future__ import annotations

import os
from typing import Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import shared_arguments
from feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source import IcebergSource

_ENDPOINT = "/api/2.1/unity-catalog/iceberg"


class UnityCatalogSource(IcebergSource):
    """A table of Unity Catalog, read through its Iceberg interface.

    Args:
        register_as_feature_table: Whether the table is marked as a feature table.
        sync_lineage: Whether lineage is reported.
        endpoint: Address of the catalog; made of `DATABRICKS_HOST` if omitted.
        token_env_var: Environment variable that holds the token; `DATABRICKS_TOKEN` if omitted.

    All other arguments are those of IcebergSource.
    """

    _setting_names = (
        "endpoint",
        "warehouse",
        "namespace",
        "table",
        "token_env_var",
        "credential_vending",
        "catalog_type",
        "catalog_name",
        "catalog_properties",
        "register_as_feature_table",
        "sync_lineage",
    )

    def __init__(
        self,
        *,
        warehouse: str,
        namespace: str,
        table: str,
        name: Optional[str] = None,
        timestamp_field: Optional[str] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        endpoint: Optional[str] = None,
        token_env_var: Optional[str] = None,
        credential_vending: bool = True,
        catalog_type: str = "rest",
        catalog_name: str = "feast_iceberg",
        catalog_properties: Optional[Dict[str, str]] = None,
        register_as_feature_table: bool = True,
        sync_lineage: bool = True,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self.register_as_feature_table = register_as_feature_table
        self.sync_lineage = sync_lineage
        super().__init__(
            warehouse=warehouse,
            namespace=namespace,
            table=table,
            catalog_type=catalog_type,
            catalog_name=catalog_name,
            endpoint=endpoint or os.environ.get("DATABRICKS_HOST", "") + _ENDPOINT,
            catalog_properties=catalog_properties,
            name=name,
            token_env_var=token_env_var or "DATABRICKS_TOKEN",
            credential_vending=credential_vending,
            **shared_arguments(locals()),
        )
