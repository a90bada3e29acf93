"""Evaluates a repository for the `feast` command: definition files in, a serialized registry out.

    python -m feast.repo_evaluation --repo PATH --project NAME --out FILE
        [--skip-feature-view-validation] [--traceback]

Exits with 1 and one line on stderr when a definition cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path
from typing import List, Optional

from feast.inference import SchemaReader
from feast.project import Project
from feast.registry_builder import build_registry
from feast.registry_reader import RegistryReader
from feast.repo_operations import DefinitionError, RepoContents, parse_repo


class ProjectMismatch(Exception):
    """The Project objects of the repository do not fit the configuration."""


def check_project(contents: RepoContents, project: str) -> None:
    """Raises ProjectMismatch unless there is at most one Project object, of the configured name."""
    if len(contents.projects) > 1:
        raise ProjectMismatch("Multiple projects found in the repository. Only one project is supported.")
    if contents.projects and contents.projects[0].name != project:
        raise ProjectMismatch(
            f"Project object name '{contents.projects[0].name}' should match with the project name '{project}' "
            "specified in feature_store.yaml"
        )


def evaluate(
    repo: Path, project: str, yaml_file: Optional[str] = None, skip_feature_view_validation: bool = False
) -> bytes:
    """The serialized core.Registry of all objects of the repository, with what can be found out filled in."""
    from feast._native import NativeFeatureStore

    native = NativeFeatureStore(str(repo), yaml_file, None)
    contents = parse_repo(repo)
    check_project(contents, project)
    if not contents.projects:
        contents.projects.append(Project(name=project, description=native.project_description))
    reader = RegistryReader(native.registry_bytes, project)
    os.chdir(repo)  # relative paths of definitions are relative to the repository
    schemas = SchemaReader(native.describe_source)
    registry = build_registry(
        contents.objects(), project, reader, schemas, skip_validation=skip_feature_view_validation, repo_path=repo
    )
    return registry.SerializeToString()


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m feast.repo_evaluation", description="Evaluate definition files.")
    parser.add_argument("--repo", type=Path, required=True, help="folder of the repository")
    parser.add_argument("--project", required=True, help="name of the project")
    parser.add_argument("--out", type=Path, required=True, help="file for the serialized registry")
    parser.add_argument("--yaml-file", help="configuration, if it is not feature_store.yaml in the repository")
    parser.add_argument("--skip-feature-view-validation", action="store_true", help="leave out checks of views")
    parser.add_argument("--traceback", action="store_true", help="print where an error comes from")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    try:
        message = evaluate(
            options.repo.resolve(), options.project, options.yaml_file, options.skip_feature_view_validation
        )
    except Exception as problem:
        if options.traceback:
            traceback.print_exc()
        plain = isinstance(problem, (DefinitionError, ProjectMismatch))
        print(problem if plain else f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    out.write_bytes(message)
    return 0


if __name__ == "__main__":
    sys.exit(main())
