"""A changed property, what happens to an object, and how both are printed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, Iterable, List, Tuple


@dataclass
class PropertyDiff:
    """A property whose value changes.

    Args:
        property_name: Name of the message's field.
        val_existing: What is registered.
        val_declared: What is applied.
    """

    property_name: str
    val_existing: Any
    val_declared: Any


class TransitionType(Enum):
    """What happens to an object."""

    UNKNOWN = 0
    CREATE = 1
    DELETE = 2
    UPDATE = 3
    UNCHANGED = 4


_BRIGHT, _RESET, _LIGHT_BLUE, _LIGHT_GREEN = "\x1b[1m", "\x1b[0m", "\x1b[94m", "\x1b[92m"
_ACTIONS: Dict[TransitionType, Tuple[str, str]] = {
    TransitionType.CREATE: ("Created", "\x1b[32m"),
    TransitionType.DELETE: ("Deleted", "\x1b[31m"),
    TransitionType.UPDATE: ("Updated", "\x1b[33m"),
}


def diff_text(
    changes: Iterable[Tuple[TransitionType, str, str, List[PropertyDiff]]], nothing: str
) -> str:
    """One coloured line a change, as `feast plan` prints them.

    Args:
        changes: What happens, kind, name and changed properties of each object; unchanged ones are left out.
        nothing: What is said if there are none.
    """
    lines = []
    for transition, kind, name, properties in changes:
        if transition not in _ACTIONS:
            continue
        action, color = _ACTIONS[transition]
        lines.append(f"{action} {kind} {_BRIGHT}{color}{name}{_RESET}\n")
        if transition is TransitionType.UPDATE:
            lines += [
                f"\t{diff.property_name}: {_BRIGHT}{color}{diff.val_existing}{_RESET} -> "
                f"{_BRIGHT}{_LIGHT_GREEN}{diff.val_declared}{_RESET}\n"
                for diff in properties
            ]
    return "".join(lines) or f"{_BRIGHT}{_LIGHT_BLUE}{nothing}"
