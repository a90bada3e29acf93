"""The answer of an online request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from feast.protos.feast.serving.ServingService_pb2 import GetOnlineFeaturesResponse
from feast.type_map import feast_value_type_to_python_type

if TYPE_CHECKING:
    import pandas as pd
    import polars
    import pyarrow

TIMESTAMP_POSTFIX = "__ts"


class OnlineResponse:
    """Features of the asked entities: one column a feature, one row an entity row.

    Args:
        online_response_proto: The message; `.proto` gives it back.
    """

    def __init__(self, online_response_proto: GetOnlineFeaturesResponse):
        self.proto = online_response_proto

    def _names(self) -> List[str]:
        return list(self.proto.metadata.feature_names.val)

    def to_dict(self, include_event_timestamps: bool = False) -> Dict[str, Any]:
        """The columns as lists of Python values; null and not found are None.

        Args:
            include_event_timestamps: Adds `<column>__ts`, the event time in seconds since 1970.
        """
        answer: Dict[str, Any] = {}
        for name, vector in zip(self._names(), self.proto.results):
            answer[name] = [feast_value_type_to_python_type(value) for value in vector.values]
            if include_event_timestamps:
                answer[name + TIMESTAMP_POSTFIX] = [time.seconds for time in vector.event_timestamps]
        return answer

    def to_df(self, include_event_timestamps: bool = False) -> pd.DataFrame:
        """The columns as a pandas data frame, see `to_dict`."""
        import pandas as pd

        return pd.DataFrame(self.to_dict(include_event_timestamps))

    def to_arrow(self, include_event_timestamps: bool = False) -> pyarrow.Table:
        """The columns as an Arrow table, see `to_dict`."""
        import pyarrow

        columns = self.to_dict(include_event_timestamps)
        return pyarrow.Table.from_pydict(
            {name: [list(item) if isinstance(item, set) else item for item in values] for name, values in columns.items()}
        )

    def to_polars(self, include_event_timestamps: bool = False) -> polars.DataFrame:
        """The columns as a Polars data frame, see `to_dict`."""
        import polars

        return polars.from_arrow(self.to_arrow(include_event_timestamps))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The columns by the Arrow PyCapsule protocol, see `to_dict`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        rows = len(self.proto.results[0].values) if self.proto.results else 0
        return f"OnlineResponse(features={self._names()!r}, rows={rows})"

    def _repr_html_(self) -> str:
        """For notebooks: the first rows."""
        from feast.html_text import table_html

        return table_html(self.to_arrow())

    def to_tensor(self, kind: str = "torch", default_value: Any = float("nan")) -> Dict[str, Any]:
        """Numeric and boolean columns as tensors, others as lists.

        Args:
            kind: Only `torch`.
            default_value: What a null becomes.

        Raises:
            ValueError: If `kind` is another one.
        """
        if kind != "torch":
            raise ValueError(f"Unsupported tensor kind '{kind}'. Only 'torch' is supported.")
        import torch

        answer: Dict[str, Any] = {}
        for name, values in self.to_dict().items():
            filled = [default_value if value is None else value for value in values]
            numeric = all(isinstance(value, (int, float, bool)) for value in filled)
            answer[name] = torch.tensor(filled) if numeric else filled
        return answer
