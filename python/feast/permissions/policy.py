"""Policies: which users a permission is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import List, Tuple

from feast.permissions.user import User
from feast.protos.feast.core.Policy_pb2 import (
    CombinedGroupNamespacePolicy as CombinedGroupNamespacePolicyProto,
)
from feast.protos.feast.core.Policy_pb2 import GroupBasedPolicy as GroupBasedPolicyProto
from feast.protos.feast.core.Policy_pb2 import NamespaceBasedPolicy as NamespaceBasedPolicyProto
from feast.protos.feast.core.Policy_pb2 import Policy as PolicyProto
from feast.protos.feast.core.Policy_pb2 import RoleBasedPolicy as RoleBasedPolicyProto


class Policy(ABC):
    """Decides whether a user is meant."""

    @abstractmethod
    def validate_user(self, user: User) -> Tuple[bool, str]:
        """Whether the user is meant, and why not."""

    @abstractmethod
    def to_proto(self) -> PolicyProto:
        """The message of the policy."""

    @staticmethod
    def from_proto(policy_proto: PolicyProto) -> Policy:
        """The policy of a message; one without a kind is for everybody."""
        kind = policy_proto.WhichOneof("policy_type")
        if kind == "role_based_policy":
            return RoleBasedPolicy(roles=list(policy_proto.role_based_policy.roles))
        if kind == "group_based_policy":
            return GroupBasedPolicy(groups=list(policy_proto.group_based_policy.groups))
        if kind == "namespace_based_policy":
            return NamespaceBasedPolicy(namespaces=list(policy_proto.namespace_based_policy.namespaces))
        if kind == "combined_group_namespace_policy":
            both = policy_proto.combined_group_namespace_policy
            return CombinedGroupNamespacePolicy(groups=list(both.groups), namespaces=list(both.namespaces))
        return AllowAll

    def __hash__(self) -> int:
        return hash(self.to_proto().SerializeToString(deterministic=True))


class RoleBasedPolicy(Policy):
    """For users with one of `roles`."""

    def __init__(self, roles: List[str]):
        self.roles = roles

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RoleBasedPolicy) and sorted(self.roles) == sorted(other.roles)

    __hash__ = Policy.__hash__

    def get_roles(self) -> List[str]:
        """The roles."""
        return self.roles

    def validate_user(self, user: User) -> Tuple[bool, str]:
        allowed = user.has_matching_role(self.roles)
        return allowed, "" if allowed else f"Requires roles {self.roles}"

    def to_proto(self) -> PolicyProto:
        return PolicyProto(role_based_policy=RoleBasedPolicyProto(roles=self.roles))


class GroupBasedPolicy(Policy):
    """For users in one of `groups`."""

    def __init__(self, groups: List[str]):
        self.groups = groups

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GroupBasedPolicy) and sorted(self.groups) == sorted(other.groups)

    __hash__ = Policy.__hash__

    def get_groups(self) -> List[str]:
        """The groups."""
        return self.groups

    def validate_user(self, user: User) -> Tuple[bool, str]:
        allowed = user.has_matching_group(self.groups)
        return allowed, "" if allowed else "User is not added into the permitted groups"

    def to_proto(self) -> PolicyProto:
        return PolicyProto(group_based_policy=GroupBasedPolicyProto(groups=self.groups))


class NamespaceBasedPolicy(Policy):
    """For users in one of `namespaces`."""

    def __init__(self, namespaces: List[str]):
        self.namespaces = namespaces

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamespaceBasedPolicy) and sorted(self.namespaces) == sorted(other.namespaces)

    __hash__ = Policy.__hash__

    def get_namespaces(self) -> List[str]:
        """The namespaces."""
        return self.namespaces

    def validate_user(self, user: User) -> Tuple[bool, str]:
        allowed = user.has_matching_namespace(self.namespaces)
        return allowed, "" if allowed else "User is not added into the permitted namespaces"

    def to_proto(self) -> PolicyProto:
        return PolicyProto(namespace_based_policy=NamespaceBasedPolicyProto(namespaces=self.namespaces))


class CombinedGroupNamespacePolicy(Policy):
    """For users in one of `groups` or in one of `namespaces`."""

    def __init__(self, groups: List[str], namespaces: List[str]):
        self.groups = groups
        self.namespaces = namespaces

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CombinedGroupNamespacePolicy)
            and sorted(self.groups) == sorted(other.groups)
            and sorted(self.namespaces) == sorted(other.namespaces)
        )

    __hash__ = Policy.__hash__

    def get_groups(self) -> List[str]:
        """The groups."""
        return self.groups

    def get_namespaces(self) -> List[str]:
        """The namespaces."""
        return self.namespaces

    def validate_user(self, user: User) -> Tuple[bool, str]:
        allowed = user.has_matching_group(self.groups) or user.has_matching_namespace(self.namespaces)
        return allowed, "" if allowed else "User must be in at least one of the permitted groups or namespaces"

    def to_proto(self) -> PolicyProto:
        return PolicyProto(
            combined_group_namespace_policy=CombinedGroupNamespacePolicyProto(
                groups=self.groups, namespaces=self.namespaces
            )
        )


class _AllowAll(Policy):
    """For everybody."""

    def validate_user(self, user: User) -> Tuple[bool, str]:
        return True, ""

    def to_proto(self) -> PolicyProto:
        return PolicyProto()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AllowAll)

    __hash__ = Policy.__hash__


AllowAll: Policy = _AllowAll()
