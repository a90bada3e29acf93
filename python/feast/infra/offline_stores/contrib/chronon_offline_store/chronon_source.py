"""Chronon joins and group-bys, materialized as Parquet, as a data source."""

from __future__ import annotations

from typing import Dict, Optional

from feast.data_source import shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource


class ChrononSource(CustomSource):
    """What Chronon materialized for one join or one group-by.

    Args:
        materialization_path: Folder of the Parquet files.
        name: Name, unique in the project; the path if omitted.
        chronon_group_by: Name of the group-by.
        chronon_join: Name of the join.
        online_endpoint: Address of the fetcher service.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If path or event time is missing, or both kinds of Chronon objects are given.
    """

    _further_arguments = ()
    _setting_names = ("materialization_path", "chronon_group_by", "chronon_join", "online_endpoint")

    def __init__(
        self,
        *,
        materialization_path: str,
        name: Optional[str] = None,
        chronon_group_by: Optional[str] = None,
        chronon_join: Optional[str] = None,
        online_endpoint: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
    ):
        if not materialization_path:
            raise ValueError("ChrononSource requires `materialization_path`.")
        if not timestamp_field:
            raise ValueError("ChrononSource requires `timestamp_field`.")
        if chronon_group_by and chronon_join:
            raise ValueError(
                "ChrononSource must define exactly one of `chronon_join` or `chronon_group_by`, not both."
            )
        self.materialization_path = materialization_path
        self.chronon_group_by = chronon_group_by or ""
        self.chronon_join = chronon_join or ""
        self.online_endpoint = online_endpoint or ""
        super().__init__(name=name or materialization_path, **shared_arguments(locals()))

    def get_table_query_string(self) -> str:
        return self.materialization_path
