"""Which class stands for which mode of transformation."""

from __future__ import annotations

from typing import Any

from feast.class_path import class_of

TRANSFORMATION_CLASS_FOR_TYPE = {
    "python": "feast.transformation.python_transformation.PythonTransformation",
    "pandas": "feast.transformation.pandas_transformation.PandasTransformation",
    "substrait": "feast.transformation.substrait_transformation.SubstraitTransformation",
    "sql": "feast.transformation.sql_transformation.SQLTransformation",
    "spark_sql": "feast.transformation.spark_transformation.SparkTransformation",
    "spark": "feast.transformation.spark_transformation.SparkTransformation",
    "flink": "feast.transformation.flink_transformation.FlinkTransformation",
    "ray": "feast.transformation.ray_transformation.RayTransformation",
}


def get_transformation_class_from_type(transformation_type: str) -> Any:
    """The class of a mode, or of a dotted path that ends in `Transformation`.

    Raises:
        ValueError: If the mode is not known.
    """
    if transformation_type in TRANSFORMATION_CLASS_FOR_TYPE:
        path = TRANSFORMATION_CLASS_FOR_TYPE[transformation_type]
    elif transformation_type.endswith("Transformation"):
        path = transformation_type
    else:
        raise ValueError(
            f"Invalid transformation type: {transformation_type}. "
            f"Choose from {list(TRANSFORMATION_CLASS_FOR_TYPE)}."
        )
    return class_of(path)
