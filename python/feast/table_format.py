"""Formats of tables over files. Each mirrors its settings into `properties`, under the names that engines read."""

from __future__ import annotations

import enum
import json
from abc import ABC
from typing import Any, ClassVar, Dict, Optional, Type

from feast.protos.feast.core.DataFormat_pb2 import TableFormat as TableFormatProto


class TableFormatType(enum.Enum):
    """Kinds of table formats."""

    DELTA = "delta"
    ICEBERG = "iceberg"
    HUDI = "hudi"
    LANCE = "lance"


class TableFormat(ABC):
    """A table format: its kind, its settings and free properties.

    Args:
        format_type: Kind of the format.
        properties: Options for engines.
    """

    # Setting -> property under which engines find it.
    _mirrored: ClassVar[Dict[str, str]] = {}

    def __init__(self, format_type: TableFormatType, properties: Optional[Dict[str, str]] = None):
        self.format_type = format_type
        self.properties: Dict[str, str] = properties or {}

    def _mirror(self) -> None:
        """Copies the settings into the properties; a copy, so that the caller's map stays as it was."""
        self.properties = dict(self.properties)
        for setting, property_name in self._mirrored.items():
            value = getattr(self, setting)
            if value:
                self.properties[property_name] = str(value)

    def to_dict(self) -> Dict[str, Any]:
        """Kind, settings and properties as plain values."""
        settings = {setting: getattr(self, setting) for setting in self._mirrored}
        return {"format_type": self.format_type.value, **settings, "properties": self.properties}

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> TableFormat:
        """The format of `to_dict`."""
        settings = {setting: data.get(setting) for setting in cls._mirrored}
        return cls(**settings, properties=data.get("properties", {}))

    def get_property(self, key: str, default: Optional[str] = None) -> Optional[str]:
        """The property `key`, or `default`."""
        return self.properties.get(key, default)

    def set_property(self, key: str, value: str) -> None:
        """Sets the property `key`."""
        self.properties[key] = value

    def to_proto(self) -> TableFormatProto:
        """The message of the format."""
        message = TableFormatProto()
        part = getattr(message, f"{self.format_type.value}_format")
        part.SetInParent()
        for setting in self._mirrored:
            value = getattr(self, setting)
            if value:
                setattr(part, setting, value)
        part.properties.update(self.properties)
        return message

    @classmethod
    def from_proto(cls, proto: TableFormatProto) -> TableFormat:
        """The format of a message."""
        part = getattr(proto, str(proto.WhichOneof("format")))
        settings = {setting: getattr(part, setting) or None for setting in cls._mirrored}
        return cls(**settings, properties=dict(part.properties))


class IcebergFormat(TableFormat):
    """Apache Iceberg: `catalog` and `namespace` of the table."""

    _mirrored = {"catalog": "iceberg.catalog", "namespace": "iceberg.namespace"}

    def __init__(
        self,
        catalog: Optional[str] = None,
        namespace: Optional[str] = None,
        properties: Optional[Dict[str, str]] = None,
    ):
        super().__init__(TableFormatType.ICEBERG, properties)
        self.catalog = catalog
        self.namespace = namespace
        self._mirror()


class DeltaFormat(TableFormat):
    """Delta Lake: `checkpoint_location` of streams."""

    _mirrored = {"checkpoint_location": "delta.checkpointLocation"}

    def __init__(self, checkpoint_location: Optional[str] = None, properties: Optional[Dict[str, str]] = None):
        super().__init__(TableFormatType.DELTA, properties)
        self.checkpoint_location = checkpoint_location
        self._mirror()


class HudiFormat(TableFormat):
    """Apache Hudi: `table_type` (COPY_ON_WRITE or MERGE_ON_READ), `record_key` and `precombine_field`."""

    _mirrored = {
        "table_type": "hoodie.datasource.write.table.type",
        "record_key": "hoodie.datasource.write.recordkey.field",
        "precombine_field": "hoodie.datasource.write.precombine.field",
    }

    def __init__(
        self,
        table_type: Optional[str] = None,
        record_key: Optional[str] = None,
        precombine_field: Optional[str] = None,
        properties: Optional[Dict[str, str]] = None,
    ):
        super().__init__(TableFormatType.HUDI, properties)
        self.table_type = table_type
        self.record_key = record_key
        self.precombine_field = precombine_field
        self._mirror()


class LanceFormat(TableFormat):
    """Lance: `catalog` and `namespace`, and at most one of `version` (from 1) and `tag` to pin what is read.

    Raises:
        ValueError: If the version is below 1, or both version and tag are given.
    """

    _mirrored = {
        "catalog": "lance.catalog",
        "namespace": "lance.namespace",
        "version": "lance.version",
        "tag": "lance.tag",
    }

    def __init__(
        self,
        catalog: Optional[str] = None,
        namespace: Optional[str] = None,
        version: Optional[int] = None,
        tag: Optional[str] = None,
        properties: Optional[Dict[str, str]] = None,
    ):
        if version is not None and version < 1:
            raise ValueError(
                f"LanceFormat version must be >= 1, got {version}. Lance dataset versions start at 1; "
                "omit version to read latest."
            )
        if version is not None and tag:
            raise ValueError(
                "LanceFormat accepts either version or tag, not both. A tag already resolves to a version."
            )
        super().__init__(TableFormatType.LANCE, properties)
        self.catalog = catalog
        self.namespace = namespace
        self.version = version
        self.tag = tag
        self._mirror()

    @property
    def is_pinned(self) -> bool:
        """Whether a version or tag is given."""
        return self.version is not None or bool(self.tag)


_CLASSES: Dict[TableFormatType, Type[TableFormat]] = {
    TableFormatType.ICEBERG: IcebergFormat,
    TableFormatType.DELTA: DeltaFormat,
    TableFormatType.HUDI: HudiFormat,
    TableFormatType.LANCE: LanceFormat,
}


def create_table_format(format_type: TableFormatType, **kwargs: Any) -> TableFormat:
    """The format of a kind, with its settings.

    Raises:
        ValueError: If the kind is not known.
    """
    if format_type not in _CLASSES:
        raise ValueError(f"Unknown table format type: {format_type}")
    return _CLASSES[format_type](**kwargs)


def table_format_from_dict(data: Dict[str, Any]) -> TableFormat:
    """The format of `TableFormat.to_dict`.

    Raises:
        ValueError: If the kind is not known.
    """
    name = data.get("format_type")
    for kind, format_class in _CLASSES.items():
        if kind.value == name:
            return format_class.from_dict(data)
    raise ValueError(f"Unknown table format type: {name}")


def table_format_from_json(json_str: str) -> TableFormat:
    """The format of `TableFormat.to_dict` as JSON text."""
    return table_format_from_dict(json.loads(json_str))


def table_format_from_proto(proto: TableFormatProto) -> TableFormat:
    """The format of a message.

    Raises:
        ValueError: If none is set.
    """
    name = proto.WhichOneof("format")
    for kind, format_class in _CLASSES.items():
        if name == f"{kind.value}_format":
            return format_class.from_proto(proto)
    raise ValueError(f"Unknown table format in proto: {name}")
