"""Servers that are started from Python, and what this build does not have."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Optional, Tuple, Union

from feast.feature_service import FeatureService
from feast.saved_dataset import ValidationReference
from feast.store_handle import StoreHandle


class ServerAccess(StoreHandle):
    """The part of FeatureStore that serves; what this build does not have raises NotImplementedError."""

    def serve(
        self,
        host: str,
        port: int,
        type_: str = "http",
        no_access_log: bool = True,
        workers: int = 1,
        worker_connections: int = 1000,
        max_requests: int = 1000,
        max_requests_jitter: int = 50,
        metrics: bool = False,
        keep_alive_timeout: int = 30,
        tls_key_path: str = "",
        tls_cert_path: str = "",
        registry_ttl_sec: int = 60,
    ) -> None:
        """Runs `feast serve` for this repository until it is stopped.

        Args:
            host: Address to listen on.
            port: Port to listen on.
            type_: `http`.
            no_access_log: Whether requests are not logged.
            workers: Threads; −1 for two a core and one more.
            worker_connections: Changes nothing: connections are not bound to threads.
            max_requests: Changes nothing: threads are not replaced.
            max_requests_jitter: Changes nothing.
            metrics: Changes nothing: `/metrics` is always there.
            keep_alive_timeout: Seconds that an idle connection is kept.
            tls_key_path: TLS key file; with `tls_cert_path`.
            tls_cert_path: TLS certificate file.
            registry_ttl_sec: Seconds between refreshes of the registry.

        Raises:
            ValueError: If `type_` is not `http`, only one TLS file is given, or the store has no repository on disk.
            FileNotFoundError: If the command is not installed.
            subprocess.CalledProcessError: If the server ends with an error.
        """
        if type_.lower() != "http":
            raise ValueError(f"Python server only supports 'http'. Got '{type_}' instead.")
        if bool(tls_key_path) != bool(tls_cert_path):
            raise ValueError("tls_key_path and tls_cert_path are needed together.")
        if not (self.repo_path / "feature_store.yaml").is_file():
            raise ValueError(f"{self.repo_path} has no feature_store.yaml for the server to read.")
        options = ["--host", host, "--port", str(port), "--workers", str(workers)]
        options += ["--keep-alive-timeout", str(keep_alive_timeout), "--registry_ttl_sec", str(registry_ttl_sec)]
        options += ["--no-access-log"] if no_access_log else []
        options += ["--key", tls_key_path, "--cert", tls_cert_path] if tls_key_path else []
        subprocess.run([_command(), "-c", str(self.repo_path), "serve", *options], check=True)

    def get_feature_server_endpoint(self) -> Optional[str]:
        """Address of a feature server that the provider runs; None, for `local` runs none."""
        return None

    def serve_ui(
        self,
        host: str,
        port: int,
        root_path: str = "",
        tls_key_path: str = "",
        tls_cert_path: str = "",
        cors_origins: Optional[List[str]] = None,
    ) -> NoReturn:
        """Raises NotImplementedError: this build has no web interface."""
        raise NotImplementedError("this build has no web interface; `feast` lists and describes every kind of object")

    def serve_registry(
        self, port: int, tls_key_path: str = "", tls_cert_path: str = "", rest_api: bool = False, host: str = "::"
    ) -> NoReturn:
        """Raises NotImplementedError: this build has no registry server."""
        raise NotImplementedError("this build has no registry server; share the registry file between the processes")

    def serve_offline(self, host: str, port: int, tls_key_path: str = "", tls_cert_path: str = "") -> NoReturn:
        """Raises NotImplementedError: this build has no offline server."""
        raise NotImplementedError("this build has no offline server; retrieve where the data is")

    def serve_transformations(self, port: int) -> NoReturn:
        """Raises NotImplementedError: this build has no transformation server."""
        raise NotImplementedError("this build has no transformation server; `serve` runs on-demand feature views itself")

    # ------------------------------------------------------------ vector search and validation

    def retrieve_online_documents(
        self,
        query: Union[str, List[float]],
        top_k: int,
        features: List[str],
        distance_metric: Optional[str] = "L2",
    ) -> NoReturn:
        """Raises NotImplementedError, until a later release."""
        raise NotImplementedError("vector search is not supported yet")

    def retrieve_online_documents_v2(
        self,
        features: List[str],
        top_k: int,
        query: Optional[List[float]] = None,
        query_string: Optional[str] = None,
        distance_metric: Optional[str] = "L2",
        query_image_bytes: Optional[bytes] = None,
        query_image_model: Optional[str] = "resnet34",
        combine_with_text: bool = False,
        text_weight: float = 0.5,
        image_weight: float = 0.5,
        combine_strategy: str = "weighted_sum",
        include_feature_view_version_metadata: bool = False,
        filters: Any = None,
    ) -> NoReturn:
        """Raises NotImplementedError, until a later release."""
        raise NotImplementedError("vector search is not supported yet")

    async def openai_search(
        self,
        vector_store_id: str,
        query: str,
        vs_id: Optional[str] = None,
        max_num_results: int = 10,
        filters: Any = None,
        ranking_options: Any = None,
        rewrite_query: Optional[bool] = None,
        features_to_retrieve: Optional[List[str]] = None,
    ) -> NoReturn:
        """Raises NotImplementedError, until a later release."""
        raise NotImplementedError("vector search is not supported yet")

    async def update_online_store(
        self,
        feature_view_name: str,
        df: Any,
        update_expressions: Dict[str, str],
        allow_registry_cache: bool = True,
    ) -> None:
        """For online stores that can change a list in place, which none of the built-in ones can.

        Raises:
            NotImplementedError: Always; the text names the store.
        """
        store = self._native.online_store_type
        raise NotImplementedError(f"the online store '{store}' has no update expressions; write whole values instead")


def _command() -> str:
    package = Path(__file__).resolve().parent
    places: Tuple[Path, ...] = (package / "bin" / "feast", package.parent.parent / "bin" / "feast")
    named = os.environ.get("FEAST_BIN")
    for place in ((Path(named),) if named else ()) + places:
        if os.access(place, os.X_OK) and place.is_file():
            return str(place)
    found = shutil.which("feast")
    if found is None:
        raise FileNotFoundError("the command 'feast' is not installed; set FEAST_BIN to it")
    return found
