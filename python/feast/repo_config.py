"""The configuration of a repository as an object. Files are read and checked by the C++ core."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Union


class Section(Dict[str, Any]):
    """Settings of one part, reachable as items and as attributes; a setting that is not there is None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class RegistryConfig(Section):
    """Settings of the registry: `path`, `registry_type`, `cache_ttl_seconds`, …."""


# Part -> key that a plain text stands for.
_TEXT_KEYS = {"registry": "path"}


class RepoConfig:
    """What `feature_store.yaml` holds, with upstream's defaults.

    Args:
        project: The project.
        registry: Path or settings of the registry.
        provider: `local`, `gcp`, `aws`, ….
        online_store: Type or settings of the online store.
        offline_store: Type or settings of the offline store.
        repo_path: Folder of the repository.
        settings: All other keys of the file.

    Raises:
        TypeError: If `project` is missing.
    """

    def __init__(
        self,
        *,
        project: str,
        registry: Union[str, Path, Dict[str, Any]] = "data/registry.db",
        provider: str = "local",
        online_store: Union[str, Dict[str, Any], None] = "sqlite",
        offline_store: Union[str, Dict[str, Any], None] = "dask",
        repo_path: Optional[Path] = None,
        **settings: Any,
    ):
        self.project = project
        self.provider = provider
        self.repo_path = repo_path
        self.settings: Dict[str, Any] = {
            "registry": registry,
            "online_store": online_store,
            "offline_store": offline_store,
            "project_description": None,
            "batch_engine": "local",
            "auth": "no_auth",
            "feature_server": None,
            "flags": None,
            "entity_key_serialization_version": 3,
            "coerce_tz_aware": True,
            **settings,
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "settings":
            raise AttributeError(name)
        if name not in self.settings:
            raise AttributeError(f"RepoConfig has no setting '{name}'")
        value = self.settings[name]
        if isinstance(value, dict):
            return Section(value)
        if name in ("registry", "online_store", "offline_store", "batch_engine", "auth") and value is not None:
            return Section({_TEXT_KEYS.get(name, "type"): str(value)})
        return value

    def to_dict(self) -> Dict[str, Any]:
        """The settings as the file would hold them; those that are None are left out."""
        settings = {"project": self.project, "provider": self.provider, **self.settings}
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in settings.items()
            if value is not None
        }
