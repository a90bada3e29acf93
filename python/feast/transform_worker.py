"""Runs on-demand feature views for a C++ process, over a socket given as file descriptor 3.

    python -m feast.transform_worker [--repo PATH] [--memory-limit BYTES] [--allow-pickled]

Messages are described in src/feast/transform/README.md. The process ends when the other end closes.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pandas  # noqa: F401  imported before the first run, not in it
import pyarrow as pa

from feast.on_demand_feature_view import OnDemandFeatureView
from feast.on_demand_transform import transform_arrow, transform_for_write
from feast.protos.feast.core.OnDemandFeatureView_pb2 import OnDemandFeatureView as OnDemandFeatureViewProto

_SOCKET = 3


class Definitions:
    """The on-demand views of a repository's definition files; thread-compatible.

    Args:
        root: Folder of the repository, or None if there is none.
    """

    def __init__(self, root: Optional[Path]):
        self._root = root
        self._functions: Dict[str, Tuple[str, Any]] = {}
        self._state: List[Tuple[str, int]] = []
        self._load()

    def function(self, name: str, text: str) -> Optional[Any]:
        """The function of the view `name` if its source text is `text`; files that changed are read again."""
        found = self._functions.get(name)
        if (found is None or found[0] != text) and self._files() != self._state:
            self._load()
            found = self._functions.get(name)
        return found[1] if found is not None and found[0] == text else None

    def _files(self) -> List[Tuple[str, int]]:
        if self._root is None:
            return []
        from feast.repo_operations import get_repo_files

        return [(str(file), file.stat().st_mtime_ns) for file in get_repo_files(self._root)]

    def _load(self) -> None:
        self._functions = {}
        if self._root is None:
            return
        try:
            from feast.repo_operations import parse_repo

            self._state = self._files()
            for name, module in list(sys.modules.items()):
                file = getattr(module, "__file__", None)
                if file and name != "__main__" and any(file == path for path, _ in self._state):
                    del sys.modules[name]
            for view in parse_repo(self._root).on_demand_feature_views:
                if view.feature_transformation is not None and view.feature_transformation.udf_string:
                    text = view.feature_transformation.udf_string
                    self._functions[view.name] = (text, view.feature_transformation.udf)
        except (Exception, SystemExit) as problem:  # then the text that the registry stores has to do
            print(f"feast worker: definition files are not used: {problem}", file=sys.stderr, flush=True)


def load_view(message: bytes, definitions: Definitions, allow_pickled: bool) -> OnDemandFeatureView:
    """The view of a serialized message.

    Its function is that of the definition files if the source text is the same, else the pickled one if that is
    allowed, else the source text run on its own.
    """
    view = OnDemandFeatureView.from_proto(OnDemandFeatureViewProto.FromString(message))
    transformation: Any = view.feature_transformation
    if transformation is None:
        raise ValueError("it has no function that can run here")
    function = definitions.function(view.name, transformation.udf_string)
    if function is None and allow_pickled and transformation._body:
        import dill

        function = dill.loads(transformation._body)
    if function is not None:
        transformation.udf = function
    return view


def run(view: OnDemandFeatureView, stream: Any, for_writing: bool) -> pa.Buffer:
    """Runs `view` on an Arrow IPC stream; the answer is cut like the input if it has as many rows."""
    reader = pa.ipc.open_stream(stream)
    batches = list(reader)
    table = pa.Table.from_batches(batches, reader.schema)
    answer = transform_for_write(view, table) if for_writing else transform_arrow(view, table)
    columns = [_plain(column) for column in answer.columns]
    answer = pa.table(columns, names=answer.column_names).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, answer.schema) as writer:
        if answer.num_rows == table.num_rows and len(batches) > 1:
            start = 0
            for batch in batches:
                writer.write_table(answer.slice(start, batch.num_rows), max_chunksize=max(batch.num_rows, 1))
                start += batch.num_rows
        else:
            writer.write_table(answer, max_chunksize=max(answer.num_rows, 1))
    return sink.getvalue()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def limit_memory(more: int) -> None:
    """Lets this process use `more` bytes of address space besides what it has now."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def describe(problem: BaseException) -> str:
    """Class, text and innermost place of an exception."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    text = f"{type(problem).__name__}: {problem}"
    if trace is None:
        return text
    return f"{text} ({Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno})"


class Worker:
    """Answers messages one by one; thread-compatible.

    Args:
        connection: Socket to the process that asks.
        definitions: Where functions are looked for first.
        allow_pickled: Whether a pickled function may be loaded.
    """

    def __init__(self, connection: socket.socket, definitions: Definitions, allow_pickled: bool):
        self._stream = connection.makefile("rwb")
        self._definitions = definitions
        self._allow_pickled = allow_pickled
        self._messages: Dict[int, bytes] = {}
        self._views: Dict[int, OnDemandFeatureView] = {}

    def serve(self) -> None:
        """Answers until the other end closes."""
        self._send(b"H", b"")
        while True:
            head = self._stream.read(9)
            if len(head) < 9:
                return
            payload = self._stream.read(int.from_bytes(head[1:], "little"))
            kind = head[:1]
            if kind == b"C":
                self._messages.clear()
                self._views.clear()
                continue
            key = int.from_bytes(payload[:8], "little")
            if kind == b"V":
                self._messages[key] = payload[8:]
            elif kind in (b"R", b"W"):
                self._send(*self._answer(key, memoryview(payload)[8:], kind == b"W"))

    def _answer(self, key: int, stream: memoryview, for_writing: bool) -> Tuple[bytes, Any]:
        try:
            view = self._views.get(key)
            if view is None:
                view = self._views[key] = load_view(
                    self._messages[key], self._definitions, self._allow_pickled
                )
            return b"O", run(view, pa.py_buffer(stream), for_writing)
        except MemoryError as problem:
            return b"M", f"its function ran out of memory: {describe(problem)}".encode()
        except (Exception, SystemExit) as problem:
            return b"E", describe(problem).encode("utf-8", "replace")

    def _send(self, kind: bytes, payload: Any) -> None:
        self._stream.write(kind + len(payload).to_bytes(8, "little"))
        self._stream.write(payload)
        self._stream.flush()


# A function that never returns would outlive the process that asked.
def _end_with(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, select.POLLRDHUP)
    poller.poll()
    os._exit(0)


def main(arguments: Optional[List[str]] = None) -> None:
    """Runs the worker until its socket closes."""
    parser = argparse.ArgumentParser(prog="python -m feast.transform_worker", description="Run on-demand views.")
    parser.add_argument("--repo", type=Path, help="folder with definition files")
    parser.add_argument("--memory-limit", type=int, default=0, help="bytes, besides what is used when ready")
    parser.add_argument("--allow-pickled", action="store_true", help="load pickled functions of the registry")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=_SOCKET)
    threading.Thread(target=_end_with, args=(_SOCKET,), daemon=True).start()
    if options.repo:
        os.chdir(options.repo)  # paths in definitions are relative to the repository
    definitions = Definitions(options.repo.resolve() if options.repo else None)
    worker = Worker(connection, definitions, options.allow_pickled)
    if options.memory_limit:
        limit_memory(options.memory_limit)
    try:
        worker.serve()
    except (BrokenPipeError, ConnectionResetError):
        pass


if __name__ == "__main__":
    main()
