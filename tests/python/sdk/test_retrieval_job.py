"""What a job does besides giving rows: progress, plan, streams, time limits."""

import os
import subprocess
import sys
import threading
import types
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import NOW
from feast import FeatureStore
from feast.dataframe import DataFrameEngine, FeastDataFrame
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

FEATURES = ["hourly:trips", "hourly:rate"]
ROWS = 400_000


@pytest.fixture
def entities():
    return pd.DataFrame({"driver_id": [1002, 1001], "event_timestamp": [NOW - timedelta(minutes=90), NOW]})


@pytest.fixture
def large(applied, repo):
    """The same source with many rows in many row groups."""
    times = pd.to_datetime(NOW) - pd.to_timedelta(np.arange(ROWS) % 1000, unit="m")
    table = pa.table(
        {
            "driver_id": np.arange(ROWS) % 5000,
            "event_timestamp": times,
            "created": times,
            "rate": np.zeros(ROWS, "float32"),
            "trips": np.arange(ROWS),
        }
    )
    pq.write_table(table, repo / "data" / "stats.parquet", row_group_size=ROWS // 40)
    return applied


def test_nothing_is_read_before_it_is_asked_for(applied, entities, repo):
    job = applied.get_historical_features(entities, FEATURES)
    assert job.progress().stage == "waiting"
    (repo / "data" / "stats.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="stats.parquet"):
        job.to_arrow()


def test_progress_counts_what_is_read(large, entities):
    job = large.get_historical_features(entities, FEATURES)
    assert job.progress().rows_scanned == 0
    job.to_arrow()
    done = job.progress()
    assert done.stage == "done"
    assert done.rows_scanned == done.rows_expected > ROWS
    assert done.groups_done == done.groups_total > 40
    assert (done.views_done, done.views_total) == (1, 1)
    assert done.bytes_read > 100_000


def test_progress_is_seen_by_another_thread(large):
    """Ends only because this thread runs while the join works: the GIL is free then."""
    rows = pd.DataFrame({"driver_id": np.arange(5000), "event_timestamp": NOW})
    seen = []
    for _ in range(20):
        job = large.get_historical_features(rows, FEATURES)
        worker = threading.Thread(target=job.to_arrow)
        worker.start()
        while worker.is_alive():
            seen.append(job.progress())
        worker.join()
        if any(0 < one.rows_scanned < one.rows_expected for one in seen):
            break
    assert any(0 < one.rows_scanned < one.rows_expected for one in seen)
    assert {one.stage for one in seen} & {"scanning", "fetching"}


def test_explain_reads_no_rows(large, entities):
    job = large.get_historical_features(entities, FEATURES)
    plan = job.explain()
    assert job.progress().rows_scanned == 0
    facts = plan.to_dict()
    assert (facts["store"], facts["entity_rows"], facts["on_demand"]) == ("dask", 2, [])
    assert facts["memory"]["limit"] > facts["memory"]["rows_at_once"] > 65_536
    assert facts["memory"]["beyond"].startswith("more go through temporary files in ")
    [view] = facts["views"]
    assert (view["view"], view["files"], view["groups"], view["rows"]) == ("hourly", 1, 40, ROWS)
    assert view["rows_read"] == ROWS, "the ttl is ten years"
    assert view["scan_columns"] == ["driver_id", "event_timestamp", "created"]
    assert view["feature_columns"] == ["trips", "rate"]
    assert view["filters"] == [
        "event_timestamp >= 2016-01-04 22:29:59.999999", "event_timestamp <= 2026-01-02 00:00:00.000001"
    ]
    for text in ("offline store 'dask': 2 entity rows", "feature view hourly", "40 of 40 groups", "as-of join", "entity rows at once"):
        assert text in str(plan) == repr(plan)
    assert "<b>hourly</b>" in plan._repr_html_() and "400,000 of 400,000" in plan._repr_html_()


def test_explain_of_a_range(applied):
    job = applied.get_historical_features(
        features=FEATURES, start_date=NOW - timedelta(hours=1), end_date=NOW
    )
    facts = job.explain().to_dict()
    assert facts["entity_rows"] is None
    assert facts["memory"]["beyond"] == "the sources are read again for more"
    assert len(facts["views"][0]["filters"]) == 2


def test_entity_rows_beyond_the_memory_go_through_files_that_have_a_limit(large, repo):
    """The same rows in the same order, or an error that names directory and settings."""
    from feast import FeatureStore

    rows = pd.DataFrame({"driver_id": np.arange(200_000) % 5000, "event_timestamp": NOW})
    expected = large.get_historical_features(rows, FEATURES).to_df()
    settings = repo / "feature_store.yaml"
    before = settings.read_text()
    folder = repo / "spill"
    folder.mkdir()
    for more in ("", ", max_temp_directory_size: 0"):
        settings.write_text(before + f"native: {{historical: {{memory_limit: 1MB, temp_directory: spill{more}}}}}\n")
        job = FeatureStore(repo_path=str(repo)).get_historical_features(rows, FEATURES)
        pd.testing.assert_frame_equal(job.to_df(), expected)
        assert not list(folder.iterdir())
    settings.write_text(before + "native: {historical: {memory_limit: 1MB, temp_directory: spill, max_temp_directory_size: 1MB}}\n")
    job = FeatureStore(repo_path=str(repo)).get_historical_features(rows, FEATURES)
    with pytest.raises(OSError, match=r"spill \(native.historical.temp_directory\).*1000000 bytes"):
        job.to_df()


def test_explain_names_what_is_missing(applied, entities, repo):
    (repo / "data" / "stats.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="stats.parquet"):
        applied.get_historical_features(entities, FEATURES).explain()


def test_batches_are_not_kept_and_can_be_read_again(large):
    rows = pd.DataFrame({"driver_id": np.arange(5000).repeat(40), "event_timestamp": NOW})
    job = large.get_historical_features(rows, FEATURES)
    first = next(iter(job.to_arrow_batches()))
    assert 0 < first.num_rows < len(rows)
    assert sum(batch.num_rows for batch in job.to_arrow_batches()) == len(rows)
    assert "not read yet" in repr(job)
    assert job.to_arrow().num_rows == len(rows)
    assert sum(batch.num_rows for batch in job.to_arrow_batches()) == len(rows)


def test_time_limits_end_a_job(large, entities):
    job = large.get_historical_features(entities, FEATURES)
    with pytest.raises(TimeoutError, match="deadline"):
        job.to_arrow(timeout=0)
    with pytest.raises(TimeoutError, match="deadline"):
        job.persist(SavedDatasetFileStorage(path="data/never.parquet"), timeout=0)
    assert job.to_arrow(timeout=60).num_rows == 2


def test_interrupt_ends_a_job(large, repo):
    """Ctrl-C in a script: KeyboardInterrupt, and the process ends."""
    script = f"""
import os, signal, threading
import numpy as np, pandas as pd
from feast import FeatureStore

store = FeatureStore({str(repo)!r})
rows = pd.DataFrame({{"driver_id": np.arange(5000), "event_timestamp": pd.Timestamp({str(NOW)!r})}})
job = store.get_historical_features(rows, {FEATURES!r})

def stop():
    while job.progress().stage == "waiting":
        pass
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=stop).start()
try:
    while True:
        job = store.get_historical_features(rows, {FEATURES!r}) if job.progress().stage == "done" else job
        job.to_arrow()
        job._table = None
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "stopped\n", done.stderr


def test_a_forked_process_is_told(applied, entities):
    job = applied.get_historical_features(entities, FEATURES)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            job.to_arrow()
        except RuntimeError as problem:
            code = 0 if "forked" in str(problem) else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_tensors_are_made_of_numbers(applied, entities, monkeypatch):
    """PyTorch is no dependency: a module of its shape stands in."""
    torch = types.ModuleType("torch")
    torch.cuda = types.SimpleNamespace(is_available=lambda: False)
    torch.tensor = lambda values, device: ("tensor", device, values)
    monkeypatch.setitem(sys.modules, "torch", torch)
    rows = entities.assign(driver_id=[1002, 7], label=["a", None])
    tensors = applied.get_historical_features(rows, FEATURES).to_tensor(default_value=-1.0)
    assert tensors["driver_id"] == ("tensor", "cpu", [1002, 7])
    assert tensors["trips"] == ("tensor", "cpu", [10020, -1.0])
    assert tensors["rate"] == ("tensor", "cpu", [0.0, -1.0])
    assert tensors["label"] == ["a", -1.0]
    with pytest.raises(ValueError, match="Unsupported tensor kind: jax"):
        applied.get_historical_features(rows, FEATURES).to_tensor(kind="jax")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        applied.get_historical_features(rows, FEATURES).to_tensor()


def test_other_ways_out(applied, entities, monkeypatch):
    job = applied.get_historical_features(entities, FEATURES)
    wrapped = job.to_feast_df()
    assert wrapped.data.equals(job.to_arrow()) and not wrapped.is_lazy
    assert repr(wrapped) == "FeastDataFrame(engine=arrow, type=Table)"
    assert FeastDataFrame(entities).engine == "pandas" and FeastDataFrame(3).engine == "unknown"
    with pytest.raises(ValueError, match="'spark' does not match detected engine 'pandas'"):
        FeastDataFrame(entities, DataFrameEngine.SPARK)
    assert job.metadata.features == FEATURES and job.metadata.keys == ["driver_id"]
    assert job.supports_remote_storage_export() is False
    with pytest.raises(NotImplementedError, match="'dask' joins in this process"):
        job.to_sql()
    with pytest.raises(NotImplementedError, match="set staging_location under offline_store"):
        job.to_remote_storage()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match="pip install ray"):
        job.to_ray_dataset()


@pytest.mark.parametrize("kind", ["file", "dask", "duckdb"])
def test_rows_for_others_to_fetch(applied, repo, stats, kind):
    settings = repo / "feature_store.yaml"
    settings.write_text(settings.read_text().replace("type: dask", f"type: {kind}\n  staging_location: staged/"))
    store = FeatureStore(repo_path=str(repo))
    count = 300_000
    rows = pd.DataFrame({"driver_id": [1001, 1002] * (count // 2), "event_timestamp": NOW, "number": range(count)})
    job = store.get_historical_features(rows, ["hourly:trips"])
    assert job.supports_remote_storage_export()
    files = job.to_remote_storage()
    assert [pq.ParquetFile(file).metadata.num_rows for file in files] == [1 << 18, count - (1 << 18)]
    assert pa.concat_tables(map(pq.read_table, files)).equals(job.to_arrow())
    [again, _] = job.to_remote_storage()
    assert Path(again).parent != Path(files[0]).parent, "nothing is overwritten"
    assert Path(again).parent.parent == repo / "staged"
    [empty] = store.get_historical_features(rows.head(0), ["hourly:trips"]).to_remote_storage()
    assert pq.read_table(empty).column_names == job.to_arrow().column_names


def test_a_failed_export_leaves_nothing(applied, repo):
    settings = repo / "feature_store.yaml"
    settings.write_text(settings.read_text().replace("type: dask", "type: dask\n  staging_location: staged"))
    store = FeatureStore(repo_path=str(repo))
    batch = pa.record_batch({"x": range(1 << 18)})

    def batches():
        yield batch
        raise ValueError("the rest is gone")

    reader = pa.RecordBatchReader.from_batches(batch.schema, batches())
    with pytest.raises(Exception, match="the rest is gone"):
        store._native.export_rows(reader)
    assert [path for path in (repo / "staged").rglob("*") if path.is_file()] == []
