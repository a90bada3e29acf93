"""Streams of the native module as Arrow batches; their errors are those of the native module, not Arrow's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

if TYPE_CHECKING:
    import pyarrow


def batches_of(stream: Any) -> Iterator[pyarrow.RecordBatch]:
    """The batches of a native stream, each read when it is asked for. Ctrl-C ends the reading."""
    import pyarrow

    return map(pyarrow.record_batch, stream)


def table_of(stream: Any) -> pyarrow.Table:
    """All batches of a native stream as one table."""
    import pyarrow

    schema = pyarrow.schema(stream)
    return pyarrow.Table.from_batches(list(batches_of(stream)), schema)
