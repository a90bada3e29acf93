"""Reads a repository of definition files."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, List, Set

from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_service import FeatureService
from feast.feature_view import FeatureView
from feast.inference import implicit_sources
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.permissions.permission import Permission
from feast.project import Project
from feast.stream_feature_view import StreamFeatureView

_ALWAYS_IGNORED = (".git", ".feastignore", ".venv", ".ipynb_checkpoints", ".pytest_cache", "__pycache__")


@dataclass
class RepoContents:
    """The objects of a repository, by kind."""

    projects: List[Project] = field(default_factory=list)
    data_sources: List[DataSource] = field(default_factory=list)
    entities: List[Entity] = field(default_factory=list)
    feature_views: List[FeatureView] = field(default_factory=list)
    stream_feature_views: List[StreamFeatureView] = field(default_factory=list)
    on_demand_feature_views: List[OnDemandFeatureView] = field(default_factory=list)
    label_views: List[LabelView] = field(default_factory=list)
    feature_services: List[FeatureService] = field(default_factory=list)
    permissions: List[Permission] = field(default_factory=list)

    def objects(self) -> List[Any]:
        """All of them, in the order in which they are applied."""
        return [item for items in vars(self).values() for item in items]


class DefinitionError(Exception):
    """A definition file cannot be read.

    Args:
        file: The file.
        line: 1-based line in it.
        problem: What went wrong.
    """

    def __init__(self, file: Path, line: int, problem: BaseException):
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {type(problem).__name__}: {problem}")


def get_ignore_files(repo_root: Path, ignore_paths: List[str]) -> Set[Path]:
    """Files under `repo_root` that the patterns leave out; a pattern that names a folder leaves out all in it."""
    found: Set[Path] = set()
    for pattern in ignore_paths:
        for path in repo_root.rglob(pattern.rstrip("/")):
            found.add(path.resolve())
            if path.is_dir():
                found.update(inner.resolve() for inner in path.rglob("*"))
    return found


def get_repo_files(repo_root: Path) -> List[Path]:
    """The definition files of a repository, sorted: every `*.py` but `__init__.py` and what `.feastignore` names."""
    patterns = list(_ALWAYS_IGNORED)
    ignore_file = repo_root / ".feastignore"
    if ignore_file.is_file():
        for line in ignore_file.read_text(encoding="utf-8").splitlines():
            text = line.split("#", 1)[0].strip()
            if text:
                patterns.append(text)
    ignored = get_ignore_files(repo_root, patterns)
    files = (path.resolve() for path in repo_root.rglob("*.py"))
    return sorted(path for path in files if path.name != "__init__.py" and path not in ignored)


def parse_repo(repo_root: Path) -> RepoContents:
    """Imports every definition file and collects the objects that its module holds.

    Raises:
        DefinitionError: If a file raises; it names file and line.
    """
    root = Path(repo_root).resolve()
    contents = RepoContents()
    seen: Set[int] = set()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    for file in get_repo_files(root):
        for item in _objects_of(_load(file, root)):
            if id(item) not in seen:
                seen.add(id(item))
                _add(contents, item)
    views = [*contents.feature_views, *contents.stream_feature_views]
    views += [*contents.on_demand_feature_views, *contents.label_views]  # type: ignore[list-item]
    for source in implicit_sources(views):
        if id(source) not in seen and source not in contents.data_sources:
            seen.add(id(source))
            contents.data_sources.append(source)
    return contents


def _load(file: Path, root: Path) -> ModuleType:
    name = ".".join(file.relative_to(root).with_suffix("").parts)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(file):
        return loaded
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as problem:
        raise DefinitionError(Path(problem.filename or file), problem.lineno or 0, problem) from None
    except (Exception, SystemExit) as problem:
        raise DefinitionError(*_place_in_repo(problem, file, root), problem) from None
    return module


# The innermost frame that lies in the repository: that is what its author can change.
def _place_in_repo(problem: BaseException, file: Path, root: Path) -> Any:
    place = (file, 0)
    trace = problem.__traceback__
    while trace is not None:
        here = Path(trace.tb_frame.f_code.co_filename)
        if root in here.parents:
            place = (here, trace.tb_lineno)
        trace = trace.tb_next
    return place


def _objects_of(module: ModuleType) -> Iterator[Any]:
    kinds = tuple(kind for kind, _ in _LISTS)
    for value in vars(module).values():
        if isinstance(value, kinds):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if isinstance(item, kinds))


# Kind of definition -> list of RepoContents; a kind comes before those it derives from.
_LISTS = (
    (DataSource, "data_sources"),
    (StreamFeatureView, "stream_feature_views"),
    (LabelView, "label_views"),
    (OnDemandFeatureView, "on_demand_feature_views"),
    (FeatureView, "feature_views"),
    (Entity, "entities"),
    (FeatureService, "feature_services"),
    (Permission, "permissions"),
    (Project, "projects"),
)


def _add(contents: RepoContents, item: Any) -> None:
    name = next((name for kind, name in _LISTS if isinstance(item, kind)), None)
    if name is not None and not (isinstance(item, DataSource) and item in contents.data_sources):
        getattr(contents, name).append(item)
