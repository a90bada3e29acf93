"""What goes wrong after a result's first batch raises what it raises before it."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import NOW
from feast import FeatureStore
from feast.infra.offline_stores.file_source import FileSource, SavedDatasetFileStorage
from object_store import ScriptedS3

FEATURES = ["hourly:trips"]
ROWS = 100_000  # joined in two parts, under the limits below; each part opens the source


@pytest.fixture
def low_memory(repo, applied):
    settings = repo / "feature_store.yaml"
    limits = "native:\n  historical: {memory_limit: 1MB, max_temp_directory_size: 0}\n  object_storage: {attempts: 1}\n"
    settings.write_text(settings.read_text() + limits)
    return FeatureStore(repo_path=str(repo))


def job_of(store):
    rows = pd.DataFrame({"driver_id": np.full(ROWS, 1001), "event_timestamp": NOW})
    return store.get_historical_features(rows, FEATURES)


def second_batch(store, change):
    batches = job_of(store).to_arrow_batches()
    assert 0 < next(batches).num_rows < ROWS
    change()
    next(batches)


@pytest.fixture
def s3(monkeypatch, stats):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(stats), sink)
    service = ScriptedS3(sink.getvalue().to_pybytes())
    yield service
    service.stop()


@pytest.fixture
def remote(low_memory, objects, s3):
    """The same features, in an object store."""
    view = objects["hourly"]
    source = FileSource(
        name="stats", path="s3://lake/stats.parquet", timestamp_field="event_timestamp",
        created_timestamp_column="created", s3_endpoint_override=s3.endpoint,
    )
    pushed = type(objects["pushed"])(name="pushed", batch_source=source)
    view = type(view)(name="hourly", entities=[objects["driver"]], schema=view.schema, source=pushed)
    low_memory.apply([source, pushed, view])
    return low_memory


def test_a_file_that_vanished(low_memory, repo):
    with pytest.raises(FileNotFoundError, match="stats.parquet"):
        second_batch(low_memory, (repo / "data" / "stats.parquet").unlink)


def test_a_column_that_vanished(low_memory, repo, stats):
    with pytest.raises(KeyError, match="trips"):
        second_batch(low_memory, lambda: stats.drop(columns="trips").to_parquet(repo / "data" / "stats.parquet"))


def test_a_file_that_was_damaged(low_memory, repo):
    with pytest.raises(RuntimeError, match="stats.parquet"):
        second_batch(low_memory, lambda: (repo / "data" / "stats.parquet").write_text("no Parquet at all"))


@pytest.mark.parametrize("status, kind", [(403, PermissionError), (404, FileNotFoundError), (503, OSError)])
def test_answers_of_an_object_store(remote, s3, status, kind):
    def refuse():
        s3.before_answer = lambda method: status

    with pytest.raises(kind, match="stats.parquet") as caught:
        second_batch(remote, refuse)
    assert not isinstance(caught.value, pa.ArrowException)


def refuse_from(s3, request):
    """Answers 403 from the request of that number on."""
    seen = iter(range(1, 1000))
    s3.before_answer = lambda method: 403 if next(seen) >= request else None


@pytest.mark.parametrize("way", ["to_arrow", "to_df", "to_arrow_batches", "persist"])
def test_every_way_to_read_raises_the_same(remote, s3, way):
    ways = {
        "to_arrow": lambda job: job.to_arrow(),
        "to_df": lambda job: job.to_df(),
        "to_arrow_batches": lambda job: list(job.to_arrow_batches()),
        "persist": lambda job: job.persist(SavedDatasetFileStorage(path="data/saved.parquet"), allow_overwrite=True),
    }
    read = ways[way]
    s3.requests = 0
    read(job_of(remote))
    first, last = 1, s3.requests
    for request in (first, last):
        refuse_from(s3, request)
        with pytest.raises(PermissionError, match="stats.parquet"):
            read(job_of(remote))


def test_materialize(remote, s3):
    s3.requests = 0
    remote.materialize(NOW - pd.Timedelta(days=1), NOW)
    for request in (1, s3.requests):
        refuse_from(s3, request)
        with pytest.raises(PermissionError, match="stats.parquet"):
            remote.materialize(NOW - pd.Timedelta(days=1), NOW)


def test_a_time_limit_in_a_later_batch(remote, s3):
    """The second part is asked for when the time is over: the store answers when the test lets it."""
    job = job_of(remote)
    stream = job._read(job._progress, 0.5)
    assert next(stream) is not None
    over, answers = threading.Event(), s3.requests

    def wait_for_the_end(method):
        over.wait(5)
        return 503

    s3.before_answer = wait_for_the_end
    with pytest.raises(TimeoutError, match="deadline"):
        next(stream)
    assert s3.requests > answers
    over.set()


def test_interrupt_in_a_later_batch(remote, s3):
    """Ctrl-C comes while the object store thinks; the answer never comes."""
    over, stopped = threading.Event(), []

    def interrupt(method):
        stopped.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
        over.wait(10)
        return 503

    def change():
        s3.before_answer = interrupt

    with pytest.raises(KeyboardInterrupt):
        second_batch(remote, change)
    waited = time.monotonic() - stopped[0]
    over.set()
    assert waited < 1, "the store's own limit is three seconds without a byte"


def test_other_readers_of_the_stream_get_the_text(low_memory, repo):
    """The Arrow protocol has an error number and a text: pyarrow makes an OSError of it."""
    reader = pa.RecordBatchReader.from_stream(job_of(low_memory))
    reader.read_next_batch()
    (repo / "data" / "stats.parquet").unlink()
    with pytest.raises(OSError, match="stats.parquet"):
        reader.read_next_batch()
