"""Times as the core takes them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Optional, Union

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def aware(moment: Union[datetime, str]) -> datetime:
    """A time with its zone; a naive one is UTC, a text is ISO 8601."""
    value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value


def micros(moment: Union[datetime, str]) -> int:
    """Microseconds since 1970-01-01 UTC."""
    passed = aware(moment) - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def micros_or_none(moment: Optional[Union[datetime, str]]) -> Optional[int]:
    """The same, or None for None."""
    return None if moment is None else micros(moment)
