"""What an apply finds out by itself: event times, key columns and features of views."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Tuple

from feast.data_source import DataSource, PushSource, RequestSource
from feast.entity import DUMMY_ENTITY_ID, Entity
from feast.errors import RegistryInferenceFailure
from feast.feature_view import FeatureView, source_proto
from feast.field import Field
from feast.types import FeastType, String, from_value_type
from feast.value_type import ValueType

# (name, number of the value type, Arrow's type, whether it is a timestamp)
SourceColumn = Tuple[str, int, str, bool]
Describe = Callable[[bytes], List[SourceColumn]]

_HIDDEN = re.compile("^__|__$")


class SchemaReader:
    """Columns of sources, each source read at most once.

    Args:
        describe: Gives the columns of a serialized source; the native store's `describe_source`.
    """

    def __init__(self, describe: Describe):
        self._describe = describe
        self._known: Dict[bytes, List[SourceColumn]] = {}

    def columns(self, source: DataSource) -> List[SourceColumn]:
        """The columns as the source names them."""
        message = source_proto(source)
        assert message is not None
        key = message.SerializeToString(deterministic=True)
        if key not in self._known:
            self._known[key] = self._describe(key)
        return self._known[key]


def infer_event_time(source: DataSource, schemas: SchemaReader) -> None:
    """Fills `timestamp_field` of a batch source that does not name it.

    Raises:
        RegistryInferenceFailure: If not exactly one column holds times.
    """
    if isinstance(source, PushSource):
        if source.batch_source is not None:
            infer_event_time(source.batch_source, schemas)
            if not source.timestamp_field:
                source.timestamp_field = source.batch_source.timestamp_field
        return
    if source.timestamp_field or isinstance(source, RequestSource) or not _has_table(source):
        return
    times = [name for name, _, _, is_time in schemas.columns(source) if is_time]
    candidates = [name for name in times if name != source.created_timestamp_column]
    if len(candidates) != 1:
        raise RegistryInferenceFailure(
            "DataSource",
            f"Unable to infer timestamp_field of data source '{source.name}': {len(candidates)} columns hold "
            f"times {candidates}. Please specify timestamp_field.",
        )
    source.timestamp_field = source.field_mapping.get(candidates[0], candidates[0])


def _has_table(source: DataSource) -> bool:
    from feast.data_source import KafkaSource, KinesisSource

    return not isinstance(source, (KafkaSource, KinesisSource))


def infer_view(view: FeatureView, entities: Dict[str, Entity], schemas: SchemaReader) -> None:
    """Fills key columns and features of a view.

    Args:
        view: The view; changed in place.
        entities: Every entity that is registered or applied with it, by name.
        schemas: Reads the source when needed.

    Raises:
        ValueError: If an entity is not known.
        RegistryInferenceFailure: If a key column or all features are missing.
    """
    join_keys = _join_keys(view, entities)
    known = list(view.entity_columns) + [field for field in view.features if field.name in join_keys]
    columns = {field.name: field for field in reversed(known)}
    view.features = [field for field in view.features if field.name not in join_keys]
    for key, entity in join_keys.items():
        if key not in columns and entity.value_type != ValueType.UNKNOWN:
            columns[key] = Field(name=key, dtype=from_value_type(entity.value_type))
    if DUMMY_ENTITY_ID in join_keys and DUMMY_ENTITY_ID not in columns:
        columns[DUMMY_ENTITY_ID] = Field(name=DUMMY_ENTITY_ID, dtype=String)
    if len(columns) < len(join_keys) or not view.features:
        _infer_from_source(view, join_keys, columns, schemas)
    missing = [key for key in join_keys if key not in columns]
    if missing:
        raise RegistryInferenceFailure(
            "FeatureView", f"Could not infer key columns {missing} for the FeatureView named {view.name}."
        )
    view.entity_columns = [columns[key] for key in join_keys]
    if not view.features:
        raise RegistryInferenceFailure(
            "FeatureView", f"Could not infer Features for the FeatureView named {view.name}."
        )
    if not view.projection.features or any(field.name in join_keys for field in view.projection.features):
        view.projection.features = list(view.features)
    view.projection.desired_features = []


def _join_keys(view: FeatureView, entities: Dict[str, Entity]) -> Dict[str, Entity]:
    unknown = [name for name in view.entities if name not in entities]
    if unknown:
        raise ValueError(
            f"Feature view '{view.name}' names entities {unknown}, which are neither registered nor applied with it."
        )
    return {entities[name].join_key: entities[name] for name in view.entities}


def _infer_from_source(
    view: FeatureView, join_keys: Dict[str, Entity], columns: Dict[str, Field], schemas: SchemaReader
) -> None:
    source = view.batch_source
    if source is None:
        return
    wants_features = not view.features
    left_out = {source.timestamp_field, source.created_timestamp_column}
    for column, type_number, arrow_type, _ in schemas.columns(source):
        name = source.field_mapping.get(column, column)
        if name in left_out or column in left_out:
            continue
        if name in join_keys:
            columns.setdefault(name, Field(name=name, dtype=_type_of(source, column, type_number, arrow_type)))
        elif wants_features and not _HIDDEN.search(column):
            view.features.append(Field(name=name, dtype=_type_of(source, column, type_number, arrow_type)))


def _type_of(source: DataSource, column: str, type_number: int, arrow_type: str) -> FeastType:
    if type_number == 0:
        raise RegistryInferenceFailure(
            "FeatureView",
            f"Column '{column}' of data source '{source.name}' has type {arrow_type}, which is no feature type. "
            "Give the view a schema without it.",
        )
    return from_value_type(ValueType(type_number))


# ---------------------------------------------------------------- all of an apply


def implicit_sources(views: Iterable[Any]) -> List[DataSource]:
    """Sources that views name, to be registered with them; each name once."""
    found: Dict[str, DataSource] = {}

    def add(source: Any) -> None:
        if not isinstance(source, DataSource):
            return
        add(getattr(source, "batch_source", None))
        found.setdefault(source.name, source)

    for view in views:
        add(getattr(view, "batch_source", None))
        add(getattr(view, "stream_source", None))
        add(getattr(view, "source", None))
        for request in getattr(view, "source_request_sources", {}).values():
            add(request)
    return list(found.values())
