"""A permission: which users may do what with which objects."""

from __future__ import annotations

import re
from abc import ABC
from datetime import datetime
from typing import Any, Dict, List, Optional, Union

from google.protobuf.json_format import MessageToJson

from feast.permissions.action import ALL_ACTIONS, AuthzedAction
from feast.permissions.policy import AllowAll, Policy
from feast.proto_time import load_times, store_times
from feast.protos.feast.core.Permission_pb2 import Permission as PermissionProto
from feast.protos.feast.core.Permission_pb2 import PermissionMeta, PermissionSpec

# Name in the message -> class, in the order in which "all types" are written.
_TYPE_NAMES = {
    "PROJECT": "Project",
    "FEATURE_VIEW": "FeatureView",
    "ON_DEMAND_FEATURE_VIEW": "OnDemandFeatureView",
    "BATCH_FEATURE_VIEW": "BatchFeatureView",
    "STREAM_FEATURE_VIEW": "StreamFeatureView",
    "LABEL_VIEW": "LabelView",
    "ENTITY": "Entity",
    "FEATURE_SERVICE": "FeatureService",
    "DATA_SOURCE": "DataSource",
    "VALIDATION_REFERENCE": "ValidationReference",
    "SAVED_DATASET": "SavedDataset",
    "PERMISSION": "Permission",
}


class Permission(ABC):
    """Allows actions on objects to users.

    Args:
        name: Name, unique in the project.
        types: Classes of objects; all if empty.
        name_patterns: Regular expressions of which the object's name must match one; any name if empty.
        actions: What is allowed; everything if omitted.
        policy: For whom.
        tags: Labels.
        required_tags: Labels that the object must have, all of them.

    Raises:
        ValueError: If a type is not one of a registry object, or actions or policy are empty.
    """

    created_timestamp: Optional[datetime]
    last_updated_timestamp: Optional[datetime]

    def __init__(
        self,
        name: str,
        types: Union[List[Any], Any, None] = None,
        name_patterns: Union[str, List[str], None] = None,
        actions: Union[List[AuthzedAction], AuthzedAction, None] = ALL_ACTIONS,
        policy: Optional[Policy] = AllowAll,
        tags: Optional[Dict[str, str]] = None,
        required_tags: Optional[Dict[str, str]] = None,
    ):
        if not types:
            types = list(_classes().values())
        self._types: List[Any] = types if isinstance(types, list) else [types]
        for kind in self._types:
            if kind not in _classes().values():
                raise ValueError(f"{kind} is not one of the managed types")
        if not actions:
            raise ValueError("The list 'actions' must be non-empty.")
        if not policy:
            raise ValueError("The list 'policy' must be non-empty.")
        patterns = [name_patterns] if isinstance(name_patterns, str) else name_patterns or []
        self._name = name
        self._name_patterns = [pattern.strip() for pattern in patterns]
        self._actions = actions if isinstance(actions, list) else [actions]
        self._policy = policy
        self._tags = _stripped(tags)
        self._required_tags = _stripped(required_tags)
        self.created_timestamp = None
        self.last_updated_timestamp = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def types(self) -> List[Any]:
        return self._types

    @property
    def name_patterns(self) -> List[str]:
        return self._name_patterns

    @property
    def actions(self) -> List[AuthzedAction]:
        return self._actions

    @property
    def policy(self) -> Policy:
        return self._policy

    @property
    def tags(self) -> Dict[str, str]:
        return self._tags

    @property
    def required_tags(self) -> Dict[str, str]:
        return self._required_tags

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Permission)
            and self.name == other.name
            and set(self.types) == set(other.types)
            and sorted(self.name_patterns) == sorted(other.name_patterns)
            and {action.value for action in self.actions} == {action.value for action in other.actions}
            and self.policy == other.policy
            and self.tags == other.tags
            and self.required_tags == other.required_tags
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))

    def match_resource(self, resource: Any) -> bool:
        """Whether the permission is about this object: its class, name and tags match."""
        if not any(isinstance(resource, kind) for kind in self.types):
            return False
        if self.name_patterns and not any(re.fullmatch(pattern, resource.name) for pattern in self.name_patterns):
            return False
        tags = getattr(resource, "required_tags", None) or getattr(resource, "tags", {})
        return all(tags.get(tag) == text for tag, text in self.required_tags.items())

    def match_actions(self, requested_actions: List[AuthzedAction]) -> bool:
        """Whether every action is allowed."""
        return all(action in self.actions for action in requested_actions)

    def to_proto(self) -> PermissionProto:
        """The message of the permission."""
        names = {kind: name for name, kind in _classes().items()}
        meta = PermissionMeta()
        store_times(meta, self)
        spec = PermissionSpec(
            name=self.name,
            types=[PermissionSpec.Type.Value(names[kind]) for kind in self.types],
            name_patterns=self.name_patterns,
            actions=[PermissionSpec.AuthzedAction.Value(action.value.upper()) for action in self.actions],
            policy=self.policy.to_proto(),
            tags=self.tags,
            required_tags=self.required_tags,
        )
        return PermissionProto(spec=spec, meta=meta)

    @staticmethod
    def from_proto(permission_proto: PermissionProto) -> Permission:
        """The permission of a message; one without a policy is for everybody."""
        spec = permission_proto.spec
        permission = Permission(
            spec.name,
            [_classes()[PermissionSpec.Type.Name(number)] for number in spec.types],
            list(spec.name_patterns),
            [AuthzedAction[PermissionSpec.AuthzedAction.Name(number)] for number in spec.actions],
            Policy.from_proto(spec.policy),
            dict(spec.tags) or None,
            dict(spec.required_tags) or None,
        )
        load_times(permission_proto.meta, permission)
        return permission


def _classes() -> Dict[str, Any]:
    """Classes by their name in messages; read when asked, because they import this module."""
    import feast
    from feast.data_source import DataSource
    from feast.saved_dataset import SavedDataset, ValidationReference

    known = {
        "DataSource": DataSource,
        "SavedDataset": SavedDataset,
        "ValidationReference": ValidationReference,
        "Permission": Permission,
    }
    return {name: known.get(kind) or getattr(feast, kind) for name, kind in _TYPE_NAMES.items()}


def _stripped(tags: Optional[Dict[str, str]]) -> Dict[str, str]:
    return {name.strip(): text.strip() for name, text in (tags or {}).items()}
