"""Runs on-demand transformations: gives the function its declared inputs under both names, takes its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Tuple

if TYPE_CHECKING:
    import pyarrow

    from feast.on_demand_feature_view import OnDemandFeatureView


def input_names(view: OnDemandFeatureView) -> List[Tuple[str, str]]:
    """Full name `view__feature` and short name of every feature that the view reads."""
    return [
        (f"{projection.name_to_use()}__{feature.name}", feature.name)
        for projection in view.source_feature_view_projections.values()
        for feature in projection.features
    ]


def output_names(view: OnDemandFeatureView, full_feature_names: bool) -> Dict[str, str]:
    """Feature of the view to the column it becomes."""
    prefix = f"{view.projection.name_to_use()}__" if full_feature_names else ""
    return {feature.name: prefix + feature.name for feature in view.projection.features}


def transform_arrow(
    view: OnDemandFeatureView, pa_table: pyarrow.Table, full_feature_names: bool = False
) -> pyarrow.Table:
    """The features of `view` for the rows of `pa_table`.

    Args:
        view: The view.
        pa_table: Its inputs as columns, named in full or short.
        full_feature_names: Whether the answer's columns are named `view__feature`.

    Raises:
        TypeError: If `pa_table` is not an Arrow table.
        KeyError: If the function does not give a feature of the view.
    """
    import pyarrow

    if not isinstance(pa_table, pyarrow.Table):
        raise TypeError("transform_arrow only accepts pyarrow.Table")
    columns = {name: pa_table[name] for name in view.get_request_data_schema() if name in pa_table.column_names}
    columns.update(_both_names(view, {name: pa_table[name] for name in pa_table.column_names}))
    inputs = pyarrow.table(columns)
    assert view.feature_transformation is not None
    answer = view.feature_transformation.transform_arrow(inputs, view.features)
    chosen = {}
    for feature, column in output_names(view, full_feature_names).items():
        source = feature if feature in answer.column_names else f"{view.projection.name_to_use()}__{feature}"
        chosen[column] = answer[source]
    return pyarrow.table(chosen)


def transform_dict(view: OnDemandFeatureView, feature_dict: Dict[str, Any]) -> Dict[str, Any]:
    """The inputs and the features of `view`; columns as lists, or scalars if it is a singleton.

    Args:
        view: The view, of mode `python`.
        feature_dict: Its inputs by full or short name.
    """
    inputs = {**feature_dict, **_both_names(view, feature_dict)}
    transformation = view.feature_transformation
    assert transformation is not None
    run = transformation.transform_singleton if view.singleton else transformation.transform
    answer = run(inputs)
    return {**feature_dict, **answer}


def _both_names(view: OnDemandFeatureView, columns: Dict[str, Any]) -> Dict[str, Any]:
    found = {}
    for full, short in input_names(view):
        value = columns.get(full, columns.get(short))
        if value is not None:
            found[full] = found[short] = value
    return found
