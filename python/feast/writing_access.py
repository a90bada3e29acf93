"""Loading data: materialization, push and direct writes."""

from __future__ import annotations

import asyncio
import warnings
from datetime import datetime
from typing import Any, Dict, List, Optional

from feast.data_source import PushMode
from feast.entity_frame import to_arrow_table
from feast.moments import aware, micros
from feast.store_handle import StoreHandle

_PUSH_MODES = {PushMode.ONLINE: 0, PushMode.OFFLINE: 1, PushMode.ONLINE_AND_OFFLINE: 2}


class WritingAccess(StoreHandle):
    """The part of FeatureStore that writes values."""

    def materialize(
        self,
        start_date: datetime,
        end_date: datetime,
        feature_views: Optional[List[str]] = None,
        disable_event_timestamp: bool = False,
        full_feature_names: bool = False,
        version: Optional[str] = None,
        force: bool = False,
        run_async: bool = False,
    ) -> None:
        """Loads the rows of a range of time into the online store and records the range.

        Args:
            start_date: Start, inclusive; naive is UTC.
            end_date: End, inclusive; naive is UTC.
            feature_views: Names of views; all online ones if omitted.
            disable_event_timestamp: For callers that ask for all there is: changes nothing here, as upstream. Event
                times are written as the source has them.
            full_feature_names: Changes nothing: the function of an on-demand view sees its inputs under both names.
            version: `vN`: loads that version's table; one view only.
            force: Only with `run_async`, and changes nothing: a run that was left behind does not block the next.
            run_async: Has a meaning for a remote feature server only, as upstream; here the call returns when the
                work is done.

        Raises:
            ValueError: If `start_date` is after `end_date`, or `force` is given without `run_async`.
            FeatureViewNotFoundException: If a named view is not registered.
            NotImplementedError: If a view has a stream or batch transformation or aggregations.
        """
        _check_force(force, run_async)
        start, end = aware(start_date), aware(end_date)
        if start > end:
            raise ValueError(f"The given start_date {start} is greater than the given end_date {end}.")
        self._native.materialize(micros(start), micros(end), feature_views or [], version or "")

    def materialize_incremental(
        self,
        end_date: datetime,
        feature_views: Optional[List[str]] = None,
        full_feature_names: bool = False,
        version: Optional[str] = None,
        force: bool = False,
        run_async: bool = False,
    ) -> None:
        """Loads into the online store what came since the last materialization, see `materialize`.

        A view that was never materialized starts at now − ttl, or a year ago without a ttl; a stored on-demand view
        at `end_date` − the longest ttl of its sources.
        """
        _check_force(force, run_async)
        self._native.materialize(None, micros(end_date), feature_views or [], version or "")

    def precompute_feature_service(self, feature_service_name: Optional[str] = None, batch_size: int = 1000) -> int:
        """Stores the whole vector of every entity of the services with `precompute_online`, from the online store.

        Materialization and pushes keep vectors as they write rows; this is for a service that was flagged later.

        Args:
            feature_service_name: One service; all that are flagged if omitted.
            batch_size: Changes nothing: vectors are written as they are made, about a thousand at a time.

        Returns:
            How many vectors were written.

        Raises:
            FeatureServiceNotFoundException: If the named service is not registered.
            ValueError: If no vectors can be kept of the named service: it is not flagged, has views that are computed
                when read, or views with different entities.
            NotImplementedError: If the online store cannot list its keys.
        """
        if feature_service_name is not None:
            self.get_feature_service(feature_service_name)
            return self._native.precompute(feature_service_name)
        names = [service.name for service in self.list_feature_services() if service.precompute_online]
        return sum(self._native.precompute(name) for name in names)

    def push(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ) -> None:
        """Writes rows to every view that is fed by a push source.

        Args:
            push_source_name: Name of the source.
            df: pandas, Arrow or Polars table with join keys, features and event time.
            allow_registry_cache: Whether definitions may come from the cache.
            to: Which stores.
            transform_on_write: Whether on-demand views are computed. A push source feeds none, so it changes
                nothing, as upstream.

        Raises:
            PushSourceNotFoundException: If no view is fed by it.
        """
        self._before_write(allow_registry_cache)
        self._native.push(push_source_name, to_arrow_table(df), _PUSH_MODES[to])

    async def push_async(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ) -> None:
        """`push`, on a thread."""
        await asyncio.to_thread(self.push, push_source_name, df, allow_registry_cache, to, transform_on_write)

    def write_to_online_store(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Optional[Dict[str, List[Any]]] = None,
        allow_registry_cache: bool = True,
        transform_on_write: bool = True,
    ) -> None:
        """Writes rows to the online table of one view; without rows it warns and does nothing.

        Args:
            feature_view_name: Name of the view.
            df: pandas, Arrow or Polars table with join keys, all features and event time. For an on-demand view with
                `write_to_online_store`: entity columns and what its function reads; the event time is now.
            inputs: The same as a dict of lists, or of one row's values.
            allow_registry_cache: Whether definitions may come from the cache.
            transform_on_write: Whether the function of an on-demand view is run; if not, `df` holds its features.

        Raises:
            ValueError: If both or neither of `df` and `inputs` are given, or an on-demand view is not stored.
            FeatureViewNotFoundException: If there is no such view.
            KeyError: If a column is missing.
        """
        if df is not None and inputs is not None:
            raise ValueError("Both df and inputs cannot be provided at the same time.")
        rows = df if df is not None else _columns(inputs)
        if rows is None:
            raise ValueError("Either df or inputs must be provided.")
        table = to_arrow_table(rows)
        if table.num_rows == 0:
            warnings.warn("Cannot write empty dataframe to online store", UserWarning, stacklevel=2)
            return
        self._before_write(allow_registry_cache)
        self._native.write_online(feature_view_name, table, transform_on_write)

    async def write_to_online_store_async(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Any = None,
        allow_registry_cache: bool = True,
        transform_on_write: bool = True,
    ) -> None:
        """`write_to_online_store`, on a thread."""
        await asyncio.to_thread(
            self.write_to_online_store, feature_view_name, df, inputs, allow_registry_cache, transform_on_write
        )

    def write_to_offline_store(
        self, feature_view_name: str, df: Any, allow_registry_cache: bool = True, reorder_columns: bool = True
    ) -> None:
        """Appends rows to the batch source of a view.

        Args:
            feature_view_name: Name of the view.
            df: pandas, Arrow or Polars table with exactly the columns of the source.
            allow_registry_cache: Whether definitions may come from the cache.
            reorder_columns: Whether columns may come in another order than the source's; they are matched by name.

        Raises:
            ValueError: If the columns are others, or in another order where that is not allowed; the text lists them.
        """
        self._before_write(allow_registry_cache)
        table = to_arrow_table(df)
        if not reorder_columns:
            self._check_order(feature_view_name, table.column_names)
        self._native.write_offline(feature_view_name, table)

    def _check_order(self, feature_view_name: str, given: List[str]) -> None:
        view = self._reader.get_any_feature_view(feature_view_name, self.project)
        source = view.batch_source.to_proto().SerializeToString()
        expected = [name for name, _, _, _ in self._native.describe_source(source)]
        if sorted(given) == sorted(expected) and given != expected:
            raise ValueError(f"The columns must come in the order {expected}, not {given}.")

    def _before_write(self, allow_registry_cache: bool) -> None:
        if not allow_registry_cache:
            self.refresh_registry()


def _check_force(force: bool, run_async: bool) -> None:
    if force and not run_async:
        raise ValueError("force=True requires run_async=True.")


def _columns(inputs: Any) -> Any:
    if isinstance(inputs, dict) and inputs and not any(isinstance(value, (list, tuple)) for value in inputs.values()):
        return {name: [value] for name, value in inputs.items()}
    return inputs
