"""ClickHouse tables and queries as a data source, and as storage of saved datasets."""

from __future__ import annotations

from feast.infra.offline_stores.custom_source import TableOrQuerySource, TableOrQueryStorage


class ClickhouseSource(TableOrQuerySource):
    """A ClickHouse table or query. Arguments and errors are those of TableOrQuerySource."""


class SavedDatasetClickhouseStorage(TableOrQueryStorage):
    """A saved dataset in a ClickHouse table."""

    _proto_attr_name = "custom_storage"
    _source_class = ClickhouseSource
