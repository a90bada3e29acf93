"""The text of view versions: `latest`, `vN`, `versionN` or a number."""

from __future__ import annotations

import re
import uuid
from typing import Tuple

LATEST_VERSION = "latest"
_PINNED = re.compile(r"^(?:v|version)?(\d+)$", re.IGNORECASE)


def parse_version(version: str) -> Tuple[bool, int]:
    """Whether `version` means the newest one, and its number otherwise (0 if newest).

    Raises:
        ValueError: If the text is none of the known forms.
    """
    if not version or version.lower() == LATEST_VERSION:
        return True, 0
    match = _PINNED.match(version)
    if not match:
        raise ValueError(
            f"Invalid version string '{version}'. Expected 'latest', 'v<N>', 'version<N>', or a number."
        )
    return False, int(match.group(1))


def normalize_version_string(version: str) -> str:
    """`latest` for the empty text, otherwise the text in its short form `vN`."""
    latest, number = parse_version(version)
    return LATEST_VERSION if latest else version_tag(number)


def version_tag(n: int) -> str:
    """The short form `vN` of a number."""
    return f"v{n}"


def generate_version_id() -> str:
    """A new random id of a version."""
    return str(uuid.uuid4())
