"""Aggregations of stream, batch and on-demand views."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, Iterable, Optional, Tuple

from feast.proto_time import from_duration, to_duration
from feast.protos.feast.core.Aggregation_pb2 import Aggregation as AggregationProto

# The name of a function here -> its name in pandas.
_PANDAS_NAMES = {"count_distinct": "nunique"}


class Aggregation:
    """A function over the values of one column in a window of time.

    Args:
        column: Column it reads.
        function: `sum`, `mean`, `min`, `max`, `count`, `count_distinct`, `std`, `var`, ….
        time_window: Length of the window; no window if omitted.
        slide_interval: Distance of windows; `time_window` if omitted.
        name: Name of the result; made of function, column and window if omitted.
    """

    column: str
    function: str
    time_window: Optional[timedelta]
    slide_interval: Optional[timedelta]
    name: str

    def __init__(
        self,
        column: Optional[str] = "",
        function: Optional[str] = "",
        time_window: Optional[timedelta] = None,
        slide_interval: Optional[timedelta] = None,
        name: Optional[str] = None,
    ):
        self.column = column or ""
        self.function = function or ""
        self.time_window = time_window
        self.slide_interval = slide_interval or time_window
        self.name = name or ""

    def to_proto(self) -> AggregationProto:
        """The message of the aggregation."""
        return AggregationProto(
            column=self.column,
            function=self.function,
            time_window=to_duration(self.time_window),
            slide_interval=to_duration(self.slide_interval),
            name=self.name,
        )

    @classmethod
    def from_proto(cls, agg_proto: AggregationProto) -> Aggregation:
        """The aggregation of a message; a window that is not set stays unset."""
        return cls(
            column=agg_proto.column,
            function=agg_proto.function,
            time_window=from_duration(agg_proto, "time_window"),
            slide_interval=from_duration(agg_proto, "slide_interval"),
            name=agg_proto.name or None,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Aggregation) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.column, self.function, self.time_window, self.slide_interval, self.name))

    def __repr__(self) -> str:
        return f"Aggregation({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def resolved_name(self, time_window: Optional[timedelta] = None) -> str:
        """Name of the result: the given one, or function, column and the seconds of `time_window`."""
        if self.name:
            return self.name
        base = f"{self.function}_{self.column}"
        if time_window is not None and time_window.total_seconds() > 0:
            return f"{base}_{int(time_window.total_seconds())}s"
        return base


def aggregation_specs_to_agg_ops(
    agg_specs: Iterable[Any], *, time_window_unsupported_error_message: str
) -> Dict[str, Tuple[str, str]]:
    """Result name to pandas function and column.

    Raises:
        ValueError: With the given text, if an aggregation has a window.
    """
    operations: Dict[str, Tuple[str, str]] = {}
    for spec in agg_specs:
        if getattr(spec, "time_window", None) and spec.time_window.total_seconds() > 0:
            raise ValueError(time_window_unsupported_error_message)
        name = spec.name or f"{spec.function}_{spec.column}"
        operations[name] = (_PANDAS_NAMES.get(spec.function, spec.function), spec.column)
    return operations
