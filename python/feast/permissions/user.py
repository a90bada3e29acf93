"""A user, as the server knows it."""

from __future__ import annotations

from typing import List, Optional


class User:
    """A caller with roles, groups and namespaces."""

    def __init__(
        self,
        username: str,
        roles: Optional[List[str]] = None,
        groups: Optional[List[str]] = None,
        namespaces: Optional[List[str]] = None,
    ):
        self.username = username
        self.roles = roles or []
        self.groups = groups or []
        self.namespaces = namespaces or []

    def has_matching_role(self, requested_roles: List[str]) -> bool:
        """Whether the user has one of the roles."""
        return bool(set(self.roles) & set(requested_roles))

    def has_matching_group(self, requested_groups: List[str]) -> bool:
        """Whether the user is in one of the groups."""
        return bool(set(self.groups) & set(requested_groups))

    def has_matching_namespace(self, requested_namespaces: List[str]) -> bool:
        """Whether the user is in one of the namespaces."""
        return bool(set(self.namespaces) & set(requested_namespaces))

    def __str__(self) -> str:
        return f"{self.username} ({self.roles}, {self.groups}, {self.namespaces})"
