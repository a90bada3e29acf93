"""Turns definition objects into the registry message that an apply asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from feast.base_feature_view import BaseFeatureView
from feast.data_source import DataSource
from feast.entity import DUMMY_ENTITY, Entity
from feast.errors import ConflictingFeatureViewNames, DataSourceRepeatNamesException
from feast.feature_service import FeatureService
from feast.feature_view import FeatureView, source_proto
from feast.inference import SchemaReader, implicit_sources, infer_event_time, infer_view
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.on_demand_inference import check_runs_alone, infer_on_demand_view
from feast.permissions.permission import Permission
from feast.project import Project
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.registry_reader import KINDS, RegistryReader, set_project
from feast.saved_dataset import SavedDataset, ValidationReference
from feast.stream_feature_view import StreamFeatureView

# Most special class first.
_KIND_OF: List[Any] = [
    (StreamFeatureView, "stream feature view"),
    (LabelView, "label view"),
    (OnDemandFeatureView, "on demand feature view"),
    (FeatureView, "feature view"),
    (Entity, "entity"),
    (DataSource, "data source"),
    (FeatureService, "feature service"),
    (SavedDataset, "saved dataset"),
    (ValidationReference, "validation reference"),
    (Permission, "permission"),
    (Project, "project"),
]


def kind_of(item: Any) -> str:
    """The kind of a definition object, as the core names it.

    Raises:
        ValueError: If it is nothing that can be applied.
    """
    for cls, kind in _KIND_OF:
        if isinstance(item, cls):
            return str(kind)
    raise ValueError(f"Unknown object type ({type(item)}) provided as part of apply() call")


def build_registry(
    objects: Iterable[Any],
    project: str,
    reader: RegistryReader,
    schemas: SchemaReader,
    skip_validation: bool = False,
    repo_path: Optional[Path] = None,
    allow_pickled: bool = False,
) -> Registry:
    """The message of `objects`, with what can be found out filled in (objects are changed in place).

    Args:
        objects: Definition objects of any kinds.
        project: The project they belong to.
        reader: What is registered already; entities and views of it may be referred to.
        schemas: Reads columns of sources.
        skip_validation: Whether views whose names differ in case only are let through.
        repo_path: The repository, whose definition files workers can read.
        allow_pickled: Whether workers may load pickled functions.

    Raises:
        ValueError: If an object cannot be applied or a definition is not valid.
        ConflictingFeatureViewNames: If two views have names that differ in case only.
        DataSourceRepeatNamesException: If two sources have.
        RegistryInferenceFailure: If something is missing and cannot be found out.
    """
    by_kind: Dict[str, List[Any]] = {kind: [] for kind in KINDS}
    for item in objects:
        by_kind[kind_of(item)].append(item)
    views = _views(by_kind)
    for view in views:
        view.ensure_valid()
    if not skip_validation:
        _refuse_equal_names(views)
    by_kind["data source"] = _with_implicit_sources(by_kind["data source"], views)
    entities = {entity.name: entity for entity in reader.list_objects("entity", hide_dummy_entity=False)}
    entities.update({entity.name: entity for entity in [DUMMY_ENTITY, *by_kind["entity"]]})
    for source in by_kind["data source"]:
        infer_event_time(source, schemas)
    for view in by_kind["feature view"] + by_kind["stream feature view"] + by_kind["label view"]:
        infer_view(view, entities, schemas)
    for view in by_kind["on demand feature view"]:
        infer_on_demand_view(view, entities)
        if not allow_pickled:
            check_runs_alone(view, repo_path)
    known = {view.name: view for view in views}
    for service in by_kind["feature service"]:
        service.resolve_pending_refs(project, reader, known)
        service.infer_features(known)
        service.validate()
    return _to_message(by_kind, project)


def _views(by_kind: Dict[str, List[Any]]) -> List[BaseFeatureView]:
    return [
        view
        for kind in ("feature view", "stream feature view", "on demand feature view", "label view")
        for view in by_kind[kind]
    ]


def _refuse_equal_names(views: List[BaseFeatureView]) -> None:
    seen: Dict[str, BaseFeatureView] = {}
    for view in views:
        other = seen.setdefault(view.name.lower(), view)
        if other is view:
            continue
        if type(other) is type(view):
            raise ConflictingFeatureViewNames(view.name)
        raise ConflictingFeatureViewNames(view.name, type(other).__name__, type(view).__name__)


def _with_implicit_sources(named: List[DataSource], views: List[BaseFeatureView]) -> List[DataSource]:
    found: Dict[str, DataSource] = {}
    for source in named:
        other = found.setdefault(source.name.lower(), source)
        if other is not source and other != source:
            raise DataSourceRepeatNamesException(source.name)
        batch = getattr(source, "batch_source", None)
        if batch is not None:
            found.setdefault(batch.name.lower(), batch)
    for source in implicit_sources(views):
        found.setdefault(source.name.lower(), source)
    return list(found.values())


def _to_message(by_kind: Dict[str, List[Any]], project: str) -> Registry:
    registry = Registry()
    for kind, items in by_kind.items():
        target = getattr(registry, KINDS[kind].field)
        for item in items:
            message = source_proto(item) if isinstance(item, DataSource) else item.to_proto()
            target.append(set_project(message, project))
    return registry
