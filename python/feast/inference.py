"""What an apply finds out by itself: event times, key columns and features of views, outputs of on-demand views."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterable, List, Tuple

from feast.data_source import DataSource, PushSource, RequestSource
from feast.entity import DUMMY_ENTITY_ID, DUMMY_ENTITY_NAME, Entity
from feast.errors import RegistryInferenceFailure, SpecifiedFeaturesNotPresentError
from feast.feature_view import FeatureView, source_proto
from feast.field import Field
from feast.types import Array, FeastType, PrimitiveFeastType, String, from_value_type
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


# ---------------------------------------------------------------- on-demand views

_SAMPLES: Dict[PrimitiveFeastType, Any] = {
    PrimitiveFeastType.STRING: "hello world",
    PrimitiveFeastType.BYTES: b"hello world",
    PrimitiveFeastType.INT32: 1,
    PrimitiveFeastType.INT64: 1,
    PrimitiveFeastType.FLOAT32: 1.0,
    PrimitiveFeastType.FLOAT64: 1.0,
    PrimitiveFeastType.BOOL: True,
    PrimitiveFeastType.UNIX_TIMESTAMP: datetime(2024, 1, 1, tzinfo=timezone.utc),
}


def infer_on_demand_view(view: Any, entities: Dict[str, Entity]) -> None:
    """Runs the function of an on-demand view on sample input and fills or checks its features.

    Args:
        view: The view; changed in place.
        entities: Every known entity by name.

    Raises:
        SpecifiedFeaturesNotPresentError: If a declared feature does not come out.
        RegistryInferenceFailure: If nothing comes out and nothing is declared.
    """
    keys = {entities[name].join_key: entities[name] for name in view.entities if name in entities}
    declared = {field.name for field in view.entity_columns}
    for key, entity in keys.items():
        if key not in declared and entity.value_type != ValueType.UNKNOWN:
            view.entity_columns.append(Field(name=key, dtype=from_value_type(entity.value_type)))
    if view.entities == [DUMMY_ENTITY_NAME] and not view.entity_columns:
        view.entity_columns.append(Field(name=DUMMY_ENTITY_ID, dtype=String))
    if view.feature_transformation is None or view.mode not in ("pandas", "python"):
        return
    inferred = _outputs(view)
    if view.features:
        names = {field.name for field in inferred}
        missing = [field for field in view.features if field.name not in names]
        if missing:
            raise SpecifiedFeaturesNotPresentError(missing, inferred, view.name)
    else:
        view.features = [field for field in inferred if field.name not in keys]
    if not view.features:
        raise RegistryInferenceFailure(
            "OnDemandFeatureView", f"Could not infer Features for the feature view '{view.name}'."
        )
    view.projection.features = list(view.features)


def sample_input(view: Any) -> Dict[str, Any]:
    """One sample value for each input, by full and by short name."""
    sample: Dict[str, Any] = {}
    for projection in view.source_feature_view_projections.values():
        for field in projection.features:
            value = _sample(field.dtype)
            sample[f"{projection.name_to_use()}__{field.name}"] = value
            sample[field.name] = value
    for request in view.source_request_sources.values():
        for field in request.schema:
            sample[field.name] = _sample(field.dtype)
    return sample


def _sample(dtype: FeastType) -> Any:
    if isinstance(dtype, Array):
        return [_sample(dtype.base_type)]
    return _SAMPLES.get(dtype) if isinstance(dtype, PrimitiveFeastType) else None


def _outputs(view: Any) -> List[Field]:
    sample = sample_input(view)
    transformation = view.feature_transformation
    if view.mode == "pandas":
        import pandas as pd

        frame = transformation.transform(pd.DataFrame({name: [value] for name, value in sample.items()}))
        answer: Dict[str, Any] = {str(name): frame[name].tolist() for name in frame.columns}
    elif view.singleton:
        answer = {name: [value] for name, value in transformation.transform_singleton(sample).items()}
    else:
        answer = transformation.transform({name: [value] for name, value in sample.items()})
    declared = {field.name: field.dtype for field in view.features}
    fields = []
    for name, values in answer.items():
        dtype = declared.get(name) or _type_of_value(values[0] if len(values) else None, view.name, name)
        fields.append(Field(name=name, dtype=dtype))
    return fields


_PYTHON_TYPES: List[Tuple[type, ValueType]] = [
    (bool, ValueType.BOOL),
    (int, ValueType.INT64),
    (float, ValueType.DOUBLE),
    (str, ValueType.STRING),
    (bytes, ValueType.BYTES),
    (datetime, ValueType.UNIX_TIMESTAMP),
    (dict, ValueType.MAP),
]


def _type_of_value(value: Any, view: str, feature: str) -> FeastType:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)) and value:
        return Array(_type_of_value(value[0], view, feature))
    for kind, value_type in _PYTHON_TYPES:
        if isinstance(value, kind):
            return from_value_type(value_type)
    raise RegistryInferenceFailure(
        "OnDemandFeatureView",
        f"Could not infer the type of feature '{feature}' of '{view}' from {value!r}. Please declare it in the schema.",
    )


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
