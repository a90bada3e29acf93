"""A repository, opened in the C++ core: what all parts of FeatureStore share."""

from __future__ import annotations

import json
import os
import sys
import warnings
from contextvars import ContextVar, Token
from pathlib import Path
from typing import Any, Dict, Optional

from feast.registry_reader import RegistryReader
from feast.repo_config import RepoConfig


class StoreHandle:
    """The core's feature store of the current project, its registry and its configuration.

    Thread-safe: the project that `set_current_project` names counts in the thread or task that named it.
    """

    repo_path: Path

    def _open(self, repo_path: Optional[str], config: Optional[RepoConfig], yaml_file: Optional[Path]) -> None:
        from feast._native import NativeFeatureStore

        if yaml_file is not None and config is not None:
            raise ValueError("You cannot specify both fs_yaml_file and config.")
        if sys.executable:  # on-demand views run in workers of this interpreter, unless another is asked for
            os.environ.setdefault("FEAST_PYTHON", sys.executable)
        folder = Path(repo_path) if repo_path is not None else Path.cwd()
        text = None
        if config is not None:
            folder = Path(config.repo_path or folder)
            text = json.dumps(config.to_dict())  # JSON is YAML
        self.repo_path = folder
        native = NativeFeatureStore(
            str(folder.absolute()), str(yaml_file) if yaml_file is not None else None, text
        )
        for warning in native.warnings:
            warnings.warn(warning, UserWarning, stacklevel=4)
        self._config = config
        self._configured_project = str(native.project)
        self._natives: Dict[str, Any] = {self._configured_project: native}
        self._readers: Dict[str, RegistryReader] = {}
        self._current_project: ContextVar[Optional[str]] = ContextVar("feast_current_project", default=None)

    @property
    def project(self) -> str:
        """Name of the project: the one of the configuration, unless `set_current_project` named another."""
        return self._current_project.get() or self._configured_project

    def set_current_project(self, project: Optional[str]) -> Token[Optional[str]]:
        """Works on another project of the same stores from now on, in this thread or task only.

        Args:
            project: Name of the project; None for that of the configuration.

        Returns:
            What `reset_current_project` needs.
        """
        return self._current_project.set(project)

    def reset_current_project(self, token: Token[Optional[str]]) -> None:
        """Takes back a `set_current_project`."""
        self._current_project.reset(token)

    @property
    def config(self) -> RepoConfig:
        """The configuration."""
        if self._config is None:
            first = self._natives[self._configured_project]
            self._config = RepoConfig(repo_path=Path(first.repo_path), **dict(first.settings or {}))
        return self._config

    @property
    def registry(self) -> RegistryReader:
        """The registry, to be read."""
        return self._reader

    def refresh_registry(self) -> None:
        """Reads the registry now, whatever the age of the cache."""
        self._reader.proto(allow_cache=False)

    @property
    def _native(self) -> Any:
        found = self._natives.get(self.project)
        if found is None:
            first = self._natives[self._configured_project]
            text = json.dumps({**dict(first.settings or {}), "project": self.project}, default=str)
            found = self._natives[self.project] = type(first)(first.repo_path, None, text)
        return found

    @property
    def _reader(self) -> RegistryReader:
        found = self._readers.get(self.project)
        if found is None:
            found = self._readers[self.project] = RegistryReader(self._native.registry_bytes, self.project)
        return found
