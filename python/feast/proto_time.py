"""Times and durations between Python and protobuf. A naive time is UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Optional

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(tz=timezone.utc)


def store_times(meta: Any, holder: Any) -> None:
    """Writes `holder`'s created and last updated times into `meta`, where they are set."""
    if holder.created_timestamp:
        meta.created_timestamp.FromDatetime(holder.created_timestamp)
    if holder.last_updated_timestamp:
        meta.last_updated_timestamp.FromDatetime(holder.last_updated_timestamp)


def load_times(meta: Any, holder: Any, aware: bool = False) -> None:
    """Reads the created and last updated times of `meta` into `holder`: UTC, with a zone only if `aware`."""
    for name in ("created_timestamp", "last_updated_timestamp"):
        if meta.HasField(name):
            moment = to_datetime(getattr(meta, name))
            setattr(holder, name, moment if aware else moment.replace(tzinfo=None))


def to_datetime(stamp: Timestamp) -> datetime:
    """The time of a message, with zone UTC."""
    return stamp.ToDatetime(tzinfo=timezone.utc)


def to_duration(span: Optional[timedelta]) -> Optional[Duration]:
    """The message of a span of time; None stays None."""
    if span is None:
        return None
    out = Duration()
    out.FromTimedelta(span)
    return out


def from_duration(message: Any, name: str) -> Optional[timedelta]:
    """The span in field `name` of `message`, or None if it is not set."""
    return getattr(message, name).ToTimedelta() if message.HasField(name) else None
