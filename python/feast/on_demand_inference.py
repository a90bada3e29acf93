"""Runs on-demand views once on sample input: finds their features, and whether workers will be able to run them."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from feast.entity import DUMMY_ENTITY_ID, DUMMY_ENTITY_NAME, Entity
from feast.errors import RegistryInferenceFailure, SpecifiedFeaturesNotPresentError
from feast.field import Field
from feast.transformation.udf_source import function_from_source
from feast.types import Array, FeastType, PrimitiveFeastType, String, from_value_type
from feast.value_type import ValueType

_SAMPLES: Dict[PrimitiveFeastType, Any] = {
    PrimitiveFeastType.STRING: "hello world",
    PrimitiveFeastType.BYTES: b"hello world",
    PrimitiveFeastType.PDF_BYTES: b"%PDF-1.4",
    PrimitiveFeastType.IMAGE_BYTES: b"\xff\xd8\xff\xd9",
    PrimitiveFeastType.INT32: 1,
    PrimitiveFeastType.INT64: 1,
    PrimitiveFeastType.FLOAT32: 1.0,
    PrimitiveFeastType.FLOAT64: 1.0,
    PrimitiveFeastType.BOOL: True,
    PrimitiveFeastType.UNIX_TIMESTAMP: datetime(2024, 1, 1, tzinfo=timezone.utc),
    PrimitiveFeastType.JSON: "{}",
    PrimitiveFeastType.UUID: "5a0f2c3e-9d1b-4c7a-8e6f-0123456789ab",
    PrimitiveFeastType.TIME_UUID: "a8098c1a-f86e-11da-bd1a-00112444be1e",
    PrimitiveFeastType.DECIMAL: Decimal("1"),
}

# What a declared type can hold of what a function gives; types that are not here are not compared.
_HOLDS: Dict[PrimitiveFeastType, Tuple[PrimitiveFeastType, ...]] = {
    PrimitiveFeastType.STRING: (PrimitiveFeastType.STRING,),
    PrimitiveFeastType.BYTES: (PrimitiveFeastType.BYTES,),
    PrimitiveFeastType.BOOL: (PrimitiveFeastType.BOOL,),
    PrimitiveFeastType.INT32: (PrimitiveFeastType.INT64,),
    PrimitiveFeastType.INT64: (PrimitiveFeastType.INT64,),
    PrimitiveFeastType.FLOAT32: (PrimitiveFeastType.FLOAT64, PrimitiveFeastType.INT64),
    PrimitiveFeastType.FLOAT64: (PrimitiveFeastType.FLOAT64, PrimitiveFeastType.INT64),
    PrimitiveFeastType.UNIX_TIMESTAMP: (PrimitiveFeastType.UNIX_TIMESTAMP, PrimitiveFeastType.INT64),
}


def infer_on_demand_view(view: Any, entities: Dict[str, Entity]) -> None:
    """Fills the entity columns of an on-demand view, then `infer_features`.

    Args:
        view: The view; changed in place.
        entities: Every known entity by name.
    """
    keys = {entities[name].join_key: entities[name] for name in view.entities if name in entities}
    declared = {field.name for field in view.entity_columns}
    for key, entity in keys.items():
        if key not in declared and entity.value_type != ValueType.UNKNOWN:
            view.entity_columns.append(Field(name=key, dtype=from_value_type(entity.value_type)))
    if view.entities == [DUMMY_ENTITY_NAME] and not view.entity_columns:
        view.entity_columns.append(Field(name=DUMMY_ENTITY_ID, dtype=String))
    infer_features(view)


def infer_features(view: Any) -> None:
    """Runs the function of an on-demand view on sample input and fills or checks its features.

    Args:
        view: The view; changed in place.

    Raises:
        SpecifiedFeaturesNotPresentError: If a declared feature does not come out, or as another type.
        RegistryInferenceFailure: If nothing comes out and nothing is declared.
        Exception: What the function raises, with a note that says where.
    """
    if view.feature_transformation is not None and view.mode in ("pandas", "python"):
        keys = {field.name for field in view.entity_columns}
        inferred = _outputs(view, view.feature_transformation.udf)
        if view.features:
            types = {field.name: field.dtype for field in inferred}
            missing = [field for field in view.features if not _fits(field, types)]
            if missing:
                raise SpecifiedFeaturesNotPresentError(missing, inferred, view.name)
        else:
            view.features = [_typed(field, view.name) for field in inferred if field.name not in keys]
    if not view.features:
        raise RegistryInferenceFailure(
            "OnDemandFeatureView", f"Could not infer Features for the feature view '{view.name}'."
        )
    view.projection.features = list(view.features)


def check_runs_alone(view: Any, repo_path: Optional[Path]) -> None:
    """Runs the function as a worker will: from a definition file of the repository, or from its source text.

    Args:
        view: The view.
        repo_path: The repository; its definition files are there for workers too.

    Raises:
        ValueError: If the source text cannot be run on its own; names what is missing.
    """
    transformation = view.feature_transformation
    if transformation is None or view.mode not in ("pandas", "python") or _in_repository(transformation.udf, repo_path):
        return
    advice = (
        "Import or define it inside the function, move the view to a definition file of the repository, or set "
        "native.on_demand.allow_pickled: true in feature_store.yaml."
    )
    function = function_from_source(transformation.udf_string, getattr(transformation.udf, "__name__", ""))
    if function is None:
        raise ValueError(
            f"On demand feature view '{view.name}' cannot run outside this process: there is no usable source text "
            f"of its function. {advice}"
        )
    try:
        _outputs(view, function)
    except NameError as problem:
        raise ValueError(
            f"On demand feature view '{view.name}' cannot run outside this process: its function uses "
            f"'{problem.name}', which its source text does not define. {advice}"
        ) from None


def _in_repository(function: Any, repo_path: Optional[Path]) -> bool:
    code = getattr(function, "__code__", None)
    if code is None or repo_path is None:
        return False
    from feast.repo_operations import get_repo_files

    return Path(code.co_filename).resolve() in get_repo_files(repo_path)


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
    if view.write_to_online_store:  # such a function sees the whole of the rows that are written
        for field in view.entity_columns:
            if field.name == DUMMY_ENTITY_ID:
                continue
            sample.setdefault(field.name, _sample(field.dtype))
    return sample


def _sample(dtype: FeastType) -> Any:
    if isinstance(dtype, Array):
        return [_sample(dtype.base_type)]
    return _SAMPLES.get(dtype) if isinstance(dtype, PrimitiveFeastType) else None


# The outputs of one run; one whose type does not show has the type Invalid.
def _outputs(view: Any, function: Callable[..., Any]) -> List[Field]:
    sample = sample_input(view)
    lists = {field.name for field in view.features if isinstance(field.dtype, Array)}
    answer: Dict[str, Any]
    try:
        if view.mode == "pandas":
            import pandas as pd

            frame = function(pd.DataFrame({name: [value] for name, value in sample.items()}))
            answer = {name: [value] for name, value in sample.items()} if view.write_to_online_store else {}
            answer.update({str(name): frame[name].tolist() for name in frame.columns})
        elif view.singleton:
            given = {**sample, **function(dict(sample))}
            answer = {
                name: value if isinstance(value, list) and name not in lists and view.write_to_online_store else [value]
                for name, value in given.items()
            }
        else:
            columns = {name: [value] for name, value in sample.items()}
            answer = {**columns, **function(dict(columns))}
    except Exception as problem:
        problem.add_note(f"while running on-demand feature view '{view.name}' once on sample input")
        raise
    declared = {field.name for field in view.features}
    wanted = {name: values for name, values in answer.items() if name in declared or not (declared or name in sample)}
    return [
        Field(name=name, dtype=_type_of_value(values[0] if len(values) else None)) for name, values in wanted.items()
    ]


_PYTHON_TYPES: List[Tuple[type, ValueType]] = [
    (bool, ValueType.BOOL),
    (int, ValueType.INT64),
    (float, ValueType.DOUBLE),
    (str, ValueType.STRING),
    (bytes, ValueType.BYTES),
    (datetime, ValueType.UNIX_TIMESTAMP),
    (dict, ValueType.MAP),
]


def _type_of_value(value: Any) -> FeastType:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float) and math.isnan(value):
        return PrimitiveFeastType.INVALID  # a null of any type
    if isinstance(value, (list, tuple)) and value:
        inner = _type_of_value(value[0])
        return inner if inner == PrimitiveFeastType.INVALID else Array(inner)
    for kind, value_type in _PYTHON_TYPES:
        if isinstance(value, kind):
            return from_value_type(value_type)
    return PrimitiveFeastType.INVALID


def _fits(declared: Field, inferred: Dict[str, FeastType]) -> bool:
    found = inferred.get(declared.name)
    if found is None:
        return False
    holds = _HOLDS.get(declared.dtype) if isinstance(declared.dtype, PrimitiveFeastType) else None
    return holds is None or found == PrimitiveFeastType.INVALID or found in holds


def _typed(field: Field, view: str) -> Field:
    if field.dtype == PrimitiveFeastType.INVALID:
        raise RegistryInferenceFailure(
            "OnDemandFeatureView",
            f"Could not infer the type of feature '{field.name}' of '{view}'. Please declare it in the schema.",
        )
    return field
