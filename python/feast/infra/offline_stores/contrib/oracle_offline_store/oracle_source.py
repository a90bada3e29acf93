"""Oracle tables as a data source."""

from __future__ import annotations

from feast.infra.offline_stores.custom_source import TableReferenceSource


class OracleSource(TableReferenceSource):
    """An Oracle table. Arguments are those of TableReferenceSource."""
