"""The child process that `feast apply` runs."""

import subprocess
import sys

from feast.protos.feast.core.Registry_pb2 import Registry


def run(repo, project="drivers"):
    out = repo / "out.pb"
    command = [sys.executable, "-m", "feast.repo_evaluation", "--repo", repo, "--project", project, "--out", out]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    return done, out


def test_objects_of_all_files_are_found(repo):
    (repo / "more").mkdir()
    (repo / "more" / "other.py").write_text("from feast import Entity\nother = Entity(name='other')\n")
    (repo / "ignored").mkdir()
    (repo / "ignored" / "wrong.py").write_text("raise RuntimeError\n")
    (repo / ".feastignore").write_text("ignored  # nothing here\n")
    done, out = run(repo)
    assert done.returncode == 0, done.stderr
    registry = Registry.FromString(out.read_bytes())
    assert {entity.spec.name for entity in registry.entities} == {"driver", "other"}
    assert {source.name for source in registry.data_sources} == {"stats", "pushed"}
    assert [project.spec.name for project in registry.projects] == ["drivers"]
    assert registry.feature_views[0].spec.project == "drivers"


def test_errors_name_file_and_line(repo):
    (repo / "wrong.py").write_text("import feast\n\nvalue = 1 / 0\n")
    done, out = run(repo)
    assert done.returncode == 1
    assert f"{repo / 'wrong.py'}:3: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_the_project_must_be_the_configured_one(repo):
    (repo / "project.py").write_text("from feast import Project\nproject = Project(name='another')\n")
    done, _ = run(repo)
    assert done.returncode == 1
    assert "'another'" in done.stderr
