"""Differences between what is registered and what is applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from feast.diff.property_diff import PropertyDiff, TransitionType, diff_text
from feast.entity import DUMMY_ENTITY_NAME
from feast.infra.registry.registry import FeastObjectType
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.registry_reader import KINDS, name_and_project

# (number of what happens, kind, name, differing fields), as the core gives a change.
Change = Tuple[int, str, str, List[str]]

_TRANSITIONS = (
    TransitionType.CREATE,
    TransitionType.UPDATE,
    TransitionType.DELETE,
    TransitionType.UNCHANGED,
)


@dataclass
class FeastObjectDiff:
    """What happens to one object.

    Args:
        name: Name of the object.
        feast_object_type: Its kind.
        current_feast_object: The registered definition, if there is one.
        new_feast_object: The applied definition, if there is one.
        feast_object_property_diffs: Changed properties of an update.
        transition_type: What happens.
    """

    name: str
    feast_object_type: FeastObjectType
    current_feast_object: Optional[Any]
    new_feast_object: Optional[Any]
    feast_object_property_diffs: List[PropertyDiff]
    transition_type: TransitionType


@dataclass
class RegistryDiff:
    """What happens to each object, unchanged ones included."""

    feast_object_diffs: List[FeastObjectDiff] = field(default_factory=list)

    def add_feast_object_diff(self, feast_object_diff: FeastObjectDiff) -> None:
        """Adds one."""
        self.feast_object_diffs.append(feast_object_diff)

    def to_string(self) -> str:
        """Lines for a terminal; data sources and the hidden entity are left out."""
        shown = [
            (diff.transition_type, diff.feast_object_type.value, diff.name, diff.feast_object_property_diffs)
            for diff in self.feast_object_diffs
            if diff.name != DUMMY_ENTITY_NAME and diff.feast_object_type is not FeastObjectType.DATA_SOURCE
        ]
        return diff_text(shown, "No changes to registry")


def registry_diff(changes: List[Change], current: Registry, desired: Registry, project: str) -> RegistryDiff:
    """The core's changes with the definitions they are about.

    Args:
        changes: What the core plans.
        current: What is registered.
        desired: What is applied.
        project: Name of the project.
    """
    before, after = _by_name(current, project), _by_name(desired, project)
    kinds = {kind.value for kind in FeastObjectType}
    diff = RegistryDiff()
    for number, kind, name, _ in changes:
        if kind not in kinds:
            continue
        old, new = before.get((kind, name)), after.get((kind, name))
        transition = _TRANSITIONS[number]
        diff.add_feast_object_diff(
            FeastObjectDiff(
                name=name,
                feast_object_type=FeastObjectType(kind),
                current_feast_object=_load(kind, old),
                new_feast_object=_load(kind, new),
                feast_object_property_diffs=_properties(old, new) if transition is TransitionType.UPDATE else [],
                transition_type=transition,
            )
        )
    return diff


def _by_name(registry: Registry, project: str) -> Dict[Tuple[str, str], Any]:
    return {
        (kind, name_and_project(message)[0]): message
        for kind, facts in KINDS.items()
        for message in getattr(registry, facts.field)
        if name_and_project(message)[1] == project
    }


def _load(kind: str, message: Optional[Any]) -> Optional[Any]:
    return None if message is None else KINDS[kind].load_class().from_proto(message)


def _properties(old: Any, new: Any) -> List[PropertyDiff]:
    left = old.spec if "spec" in old.DESCRIPTOR.fields_by_name else old
    right = new.spec if "spec" in new.DESCRIPTOR.fields_by_name else new
    found = []
    for described in left.DESCRIPTOR.fields:
        name = described.name
        if name == "project" or getattr(left, name) == getattr(right, name):
            continue
        if name == "feature_transformation":
            found += _function_properties(name, left.feature_transformation, right.feature_transformation)
        else:
            found.append(PropertyDiff(name, getattr(left, name), getattr(right, name)))
    return found


# Pickles of one source differ from run to run.
def _function_properties(name: str, left: Any, right: Any) -> List[PropertyDiff]:
    old, new = left.user_defined_function, right.user_defined_function
    return [
        PropertyDiff(f"{name}.{described.name}", getattr(old, described.name), getattr(new, described.name))
        for described in old.DESCRIPTOR.fields
        if described.name != "body" and getattr(old, described.name) != getattr(new, described.name)
    ]
