"""A training join that was asked for, and the plan of what it will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from feast.html_text import facts_html
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.moments import micros_or_none
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.protos.feast.core.OnDemandFeatureView_pb2 import OnDemandFeatureView as OnDemandFeatureViewProto

if TYPE_CHECKING:
    import pyarrow


class RetrievalExplanation:
    """What a training join will do: its text for people, HTML in notebooks, `to_dict()` for programs.

    Args:
        text: The plan in words.
        facts: The plan as plain objects.
    """

    def __init__(self, text: str, facts: Dict[str, Any]):
        self._text = text
        self._facts = facts

    def to_dict(self) -> Dict[str, Any]:
        """The plan: `store`, `entity_rows`, `memory`, `on_demand` and `views`.

        `memory` is what a join in this process may hold: `limit` in bytes, `rows_at_once` (entity rows, by the declared
        types) and what is done `beyond`; None for a store that joins itself.

        Each view has `view`, `source`, `reader`, `route` and `reason` (who joins, and why), `scanned_with`
        (views of the same source, read in the same scan), `join_keys`,
        `scan_columns` (read of every row in range), `feature_columns`, `features_with_scan`, `filters` (pushed into
        the reader), and of `files`, `groups` and `rows` how many there are and how many (`…_read`) are read after
        the bounds of time; `scan_bytes` and `feature_bytes` as stored, the latter at most. None: not known.
        """
        return self._facts

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        counts = ("files", "groups", "rows")
        shown = facts_html("Training join", [(name, self._facts[name]) for name in ("store", "entity_rows", "memory", "on_demand")])
        for view in self._facts["views"]:
            of = {name: f"{view[f'{name}_read']:,} of {view[name]:,}" for name in counts if view[name] is not None}
            rest = {name: value for name, value in view.items() if name.removesuffix("_read") not in counts}
            shown += facts_html(view["view"], [*rest.items(), *of.items()])
        return shown


class TrainingJob(RetrievalJob):
    """A training join, planned when it was asked for and run when its rows are read.

    Args:
        native: The native store.
        training: The native plan.
        entity_rows: The rows that features are joined to; None for a range of time.
        entity_sql: The query that gave them, if one did.
        full_feature_names: Whether columns are named `view__feature`.
        metadata: What was asked for.
    """

    def __init__(
        self,
        native: Any,
        training: Any,
        entity_rows: Optional[pyarrow.Table],
        entity_sql: str,
        full_feature_names: bool,
        metadata: RetrievalMetadata,
    ):
        def read(progress: Any, timeout: Optional[float]) -> Any:
            return training.run(entity_rows, progress, timeout)

        super().__init__(native, read, full_feature_names, metadata)
        self._training = training
        self._entity_rows = entity_rows
        self._entity_sql = entity_sql

    @property
    def on_demand_feature_views(self) -> List[OnDemandFeatureView]:
        """The views that are computed on the joined rows."""
        parse = OnDemandFeatureViewProto.FromString
        return [OnDemandFeatureView.from_proto(parse(message)) for message in self._training.on_demand_views()]

    def to_sql(self) -> str:
        """The join as SQL of the offline store, without on-demand views.

        Over a query as `entity_df`, or a range of time, one statement that gives the job's rows, whoever runs it. Else
        a statement over a temporary table `feast_entities`, which the text defines.

        Raises:
            NotImplementedError: If the offline store does not join in SQL.
        """
        rows = None if self._entity_rows is None else self._entity_rows.slice(0, 0)
        sql: str = self._training.sql(self._entity_sql, rows)
        return sql

    def explain(self) -> RetrievalExplanation:
        """What the join will read and how, without doing it: only metadata of the sources is read."""
        assert self.metadata is not None
        times = (self.metadata.min_event_timestamp, self.metadata.max_event_timestamp)
        rows = None if self._entity_rows is None else self._entity_rows.num_rows
        return RetrievalExplanation(*self._training.explain(rows, *map(micros_or_none, times)))
