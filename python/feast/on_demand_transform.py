"""Runs on-demand transformations: gives the function its declared inputs under both names, takes its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from feast.types import Array

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
        found = _answer_column(view, answer, feature)
        if found is None and feature in columns and (view.mode == "python" or view.write_to_online_store):
            found = columns[feature]  # what such a function does not give passes through
        if found is None:
            raise KeyError(f"its function gives no column '{feature}', only {answer.column_names}")
        chosen[column] = found
    return pyarrow.table(chosen)


def _answer_column(view: OnDemandFeatureView, answer: pyarrow.Table, feature: str) -> Any:
    for name in (feature, f"{view.projection.name_to_use()}__{feature}"):
        if name in answer.column_names:
            return answer[name]
    return None


def transform_for_write(view: OnDemandFeatureView, pa_table: pyarrow.Table) -> pyarrow.Table:
    """The entity columns and all features of `view`, to be stored.

    The function sees every column of `pa_table`. What it does not give is taken from there, unless it gives another
    number of rows: then it has to give the entity columns too. Each call of a singleton gives one row, or as many as
    its lists are long.

    Args:
        view: The view.
        pa_table: Entity columns and inputs, named in full or short.

    Raises:
        KeyError: If the function does not give a feature of the view.
    """
    import pyarrow

    inputs = {name: pa_table[name] for name in pa_table.column_names}
    inputs = {**inputs, **_both_names(view, inputs)}
    table = pyarrow.table(inputs)
    transformation = view.feature_transformation
    assert transformation is not None
    if view.singleton:
        answer = _rows_of_singleton(view, table)
    else:
        answer = transformation.transform_arrow(table, view.features)
    chosen = {}
    for field in [*view.entity_columns, *view.features]:
        found = _answer_column(view, answer, field.name)
        if found is None and field.name in inputs and answer.num_rows == table.num_rows:
            found = inputs[field.name]
        if found is not None:
            chosen[field.name] = found
    missing = [field.name for field in view.features if field.name not in chosen]
    if missing:
        raise KeyError(f"its function does not give {missing}, only {answer.column_names}")
    return pyarrow.table(chosen)


def _rows_of_singleton(view: OnDemandFeatureView, table: pyarrow.Table) -> pyarrow.Table:
    import pyarrow

    assert view.feature_transformation is not None
    lists = {field.name for field in [*view.features, *view.entity_columns] if isinstance(field.dtype, Array)}
    columns: Dict[str, List[Any]] = {}
    for row in table.to_pylist():
        answer = {str(name): value for name, value in view.feature_transformation.transform_singleton(row).items()}
        many = {name: list(value) for name, value in answer.items() if _is_column(value, name in lists)}
        rows = max([1, *map(len, many.values())])
        for name, value in answer.items():
            columns.setdefault(name, []).extend(many.get(name, [value] * rows))
    return pyarrow.table(columns)


# Whether a singleton's value is a column of several rows rather than the value of one.
def _is_column(value: Any, of_lists: bool) -> bool:
    if not isinstance(value, list):
        return False
    return not of_lists or bool(value) and isinstance(value[0], (list, tuple))


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
