"""References to credentials that live elsewhere. They travel in tags of the data source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional

TAG_PREFIX = "feast.connection-ref."


@dataclass(frozen=True)
class ConnectionRef:
    """Where the credentials of a source are kept.

    Args:
        provider: Kind of the keeper: `env`, `kubernetes` or `vault`.
        name: Name of the secret.
        namespace: Where the secret is, for keepers that have namespaces.
        connection_type: Kind of the connection, free text.
        auth_type: How the credentials are used.
        params: Further settings.
    """

    provider: str
    name: str
    namespace: str = ""
    connection_type: str = ""
    auth_type: str = "secret"
    params: Dict[str, str] = field(default_factory=dict)

    def to_tags(self) -> Dict[str, str]:
        """The tags that carry the reference; settings that are empty are left out."""
        tags = {"provider": self.provider, "name": self.name}
        for tag, value in (
            ("namespace", self.namespace),
            ("connection-type", self.connection_type),
            ("auth-type", self.auth_type),
        ):
            if value:
                tags[tag] = value
        tags.update({f"param.{name}": value for name, value in self.params.items()})
        return {TAG_PREFIX + tag: value for tag, value in tags.items()}

    @classmethod
    def from_tags(cls, tags: Dict[str, str]) -> Optional[ConnectionRef]:
        """The reference in `tags`, or None if there is none."""
        own = {tag[len(TAG_PREFIX) :]: value for tag, value in tags.items() if tag.startswith(TAG_PREFIX)}
        if not own.get("provider") or not own.get("name"):
            return None
        return cls(
            provider=own["provider"],
            name=own["name"],
            namespace=own.get("namespace", ""),
            connection_type=own.get("connection-type", ""),
            auth_type=own.get("auth-type", "secret"),
            params={tag[len("param.") :]: value for tag, value in own.items() if tag.startswith("param.")},
        )
