"""Tables that callers hand in: pandas, Arrow and Polars frames as Arrow, and the column of the event time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Tuple

from feast.errors import EntityDFNotDateTime
from feast.protos.feast.types.Value_pb2 import RepeatedValue, Value
from feast.type_map import feast_value_type_to_python_type

if TYPE_CHECKING:
    import pyarrow

DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL = "event_timestamp"


def to_arrow_table(frame: Any) -> pyarrow.Table:
    """Any frame as an Arrow table.

    Args:
        frame: pandas or Polars data frame, Arrow table, batch or reader, dict of lists, or anything with the Arrow
            stream protocol.

    Raises:
        TypeError: For anything else.
        ValueError: If a pandas column holds values that have no common Arrow type; the text names the column.
    """
    import pyarrow

    if isinstance(frame, pyarrow.Table):
        return frame
    if isinstance(frame, pyarrow.RecordBatchReader):
        return frame.read_all()
    if isinstance(frame, pyarrow.RecordBatch):
        return pyarrow.Table.from_batches([frame])
    if isinstance(frame, dict):
        return pyarrow.Table.from_pydict(frame)
    if type(frame).__module__.split(".")[0] == "pandas":
        try:
            return pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as problem:
            raise ValueError(f"The data frame cannot be turned into columns of one type each: {problem}") from None
    if type(frame).__module__.split(".")[0] == "dask":
        return to_arrow_table(frame.compute())
    if hasattr(frame, "to_arrow"):
        return frame.to_arrow()
    if hasattr(frame, "__arrow_c_stream__"):
        return pyarrow.table(frame)
    raise TypeError(f"expected a pandas, Arrow or Polars table, got {type(frame).__name__}")


def event_time_column(table: pyarrow.Table) -> str:
    """Name of the column that holds the time of each entity row.

    Raises:
        ValueError: If two columns have one name, or there is neither `event_timestamp` nor exactly one column of
            times.
        EntityDFNotDateTime: If `event_timestamp` does not hold times.
    """
    import pyarrow

    def is_time(kind: Any) -> bool:
        return bool(pyarrow.types.is_timestamp(kind) or pyarrow.types.is_date(kind))

    twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if twice:
        raise ValueError(f"The entity rows have more than one column named {', '.join(twice)}.")
    name = DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL
    if name in table.column_names:
        kind = table.schema.field(name).type
        if not is_time(kind) and not pyarrow.types.is_string(kind) and not pyarrow.types.is_large_string(kind):
            raise EntityDFNotDateTime()
        return name
    candidates = [field.name for field in table.schema if is_time(field.type)]
    if len(candidates) == 1:
        return candidates[0]
    raise ValueError(
        f"Please provide an entity_df with a column named {name} representing the time of events."
    )


def event_time_range(table: pyarrow.Table, event_time: str) -> Tuple[Optional[datetime], Optional[datetime]]:
    """Earliest and latest time of a column of times; None and None if it has none."""
    import pyarrow.compute

    bounds = pyarrow.compute.min_max(table[event_time].cast(pyarrow.timestamp("us", tz="UTC"), safe=False)).as_py()
    return bounds["min"], bounds["max"]


def with_utc_times(table: pyarrow.Table, event_time: str, coerce_tz_aware: bool) -> pyarrow.Table:
    """The table with parsed event times, and (if asked) every column of times in UTC; naive ones are UTC.

    Raises:
        EntityDFNotDateTime: If the event times are texts that are not times.
    """
    import pyarrow

    for position, field in enumerate(table.schema):
        column = table.column(position)
        if field.name == event_time and not pyarrow.types.is_timestamp(field.type):
            column = _parse_times(column)
        if not pyarrow.types.is_timestamp(column.type):
            continue
        if coerce_tz_aware or field.name == event_time:
            column = column.cast(pyarrow.timestamp(column.type.unit, tz="UTC"))
        table = table.set_column(position, field.name, column)
    return table


def _parse_times(column: Any) -> Any:
    import pandas as pd
    import pyarrow

    if pyarrow.types.is_date(column.type):
        return column.cast(pyarrow.timestamp("us"))
    try:
        times = pd.to_datetime(pd.Series(column.to_pylist(), dtype=object), utc=True, format="ISO8601")
    except (ValueError, TypeError):
        raise EntityDFNotDateTime() from None
    return pyarrow.chunked_array([pyarrow.Array.from_pandas(times, type=pyarrow.timestamp("us", tz="UTC"))])


def entity_columns_of(entity_rows: Any) -> Dict[str, List[Any]]:
    """Entity rows as columns of Python values.

    Args:
        entity_rows: List of dicts with the same keys, or dict of lists (or RepeatedValue messages).

    Raises:
        ValueError: If rows have different keys or columns different lengths.
    """
    if isinstance(entity_rows, dict):
        columns = {name: _plain_list(values) for name, values in entity_rows.items()}
    else:
        columns = _columns_of_rows(list(entity_rows))
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError("All entity rows must have the same columns.")
    return columns


def _columns_of_rows(rows: List[Dict[str, Any]]) -> Dict[str, List[Any]]:
    columns: Dict[str, List[Any]] = {name: [] for name in rows[0]}
    for row in rows:
        for name, value in row.items():
            if name not in columns:
                raise ValueError("All entity_rows must have the same keys.")
            columns[name].append(_plain(value))
    return columns


def _plain_list(values: Any) -> List[Any]:
    items: Iterable[Any] = values.val if isinstance(values, RepeatedValue) else values
    return [_plain(item) for item in items]


def _plain(value: Any) -> Any:
    return feast_value_type_to_python_type(value) if isinstance(value, Value) else value


def feature_references(features: Any) -> Tuple[List[str], str]:
    """References and name of the service, one of which is empty.

    Raises:
        TypeError: If `features` is neither a list of texts nor a feature service.
        ValueError: If the list is empty.
    """
    from feast.errors import InvalidFeaturesParameterType
    from feast.feature_service import FeatureService

    if isinstance(features, FeatureService):
        return [], features.name
    if not isinstance(features, list) or not all(isinstance(item, str) for item in features):
        raise InvalidFeaturesParameterType(features)
    if not features:
        raise ValueError("No features specified for retrieval")
    return list(features), ""
