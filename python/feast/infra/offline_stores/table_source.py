"""What the sources have in common whose rows are a table or the answer to a query."""

from __future__ import annotations

from typing import Any, ClassVar, Optional

from feast.data_source import DataSource
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto


class TableOptions:
    """Settings of a table source, one attribute for each field of its message `_message`."""

    _message: ClassVar[Any]

    def __init__(self, **settings: Optional[str]):
        for name in self.field_names():
            setattr(self, name, settings.get(name) or "")

    @classmethod
    def field_names(cls) -> list[str]:
        """Names of the settings."""
        return [field.name for field in cls._message.DESCRIPTOR.fields]

    @classmethod
    def from_proto(cls, options_proto: Any) -> Any:
        """The settings of a message."""
        return cls(**{name: getattr(options_proto, name) for name in cls.field_names()})

    def to_proto(self) -> Any:
        """The message of the settings."""
        return self._message(**{name: getattr(self, name) for name in self.field_names()})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class TableSource(DataSource):
    """A source with `TableOptions` in the attribute `_options_attribute`, which is also the field of the message."""

    _options_attribute: ClassVar[str]

    @property
    def _options(self) -> Any:
        return getattr(self, self._options_attribute)

    @property
    def table(self) -> str:
        """The table, empty if the source is a query."""
        return str(self._options.table)

    @property
    def query(self) -> str:
        """The query, empty if the source is a table."""
        return str(self._options.query)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TableSource)
            and type(self) is type(other)
            and super().__eq__(other)
            and self._options == other._options
        )

    def __hash__(self) -> int:
        return super().__hash__()

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(**{self._options_attribute: self._options.to_proto()})

    def _quoted_table(self) -> str:
        """The table with its quoted qualifiers."""
        raise NotImplementedError

    def get_table_query_string(self) -> str:
        return self._quoted_table() if self.table else f"({self.query})"


def quoted(*parts: Optional[str]) -> str:
    """Parts of a qualified name in double quotes, without those that are empty."""
    return ".".join(f'"{part}"' for part in parts if part)
