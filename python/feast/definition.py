"""How definitions print."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from google.protobuf.json_format import MessageToJson


class Definition:
    """Something of the registry: attributes in `repr`, the message as JSON in `str`."""

    @abstractmethod
    def to_proto(self) -> Any:
        """The message of the definition."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} = {value}" for name, value in vars(self).items())
        return f"<{type(self).__name__}({shown})>"

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))
