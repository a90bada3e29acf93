"""How definitions print."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from google.protobuf.json_format import MessageToJson


class ShownInNotebooks:
    """Something with attributes that are worth a look."""

    def _repr_html_(self) -> str:
        from feast.html_text import facts_html

        facts = [(name, value) for name, value in vars(self).items() if not name.startswith("_")]
        return facts_html(f"{type(self).__name__} {vars(self).get('name', '')}".strip(), facts)


class Definition(ShownInNotebooks):
    """Something of the registry: attributes in `repr`, the message as JSON in `str`."""

    @abstractmethod
    def to_proto(self) -> Any:
        """The message of the definition."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} = {value}" for name, value in vars(self).items())
        return f"<{type(self).__name__}({shown})>"

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))
