"""Formats of files and of stream messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Optional

from feast.protos.feast.core.DataFormat_pb2 import FileFormat as FileFormatProto
from feast.protos.feast.core.DataFormat_pb2 import StreamFormat as StreamFormatProto
from feast.protos.feast.core.DataFormat_pb2 import TableFormat as TableFormatProto


class FileFormat(ABC):
    """How the files of a batch source are written."""

    @abstractmethod
    def to_proto(self) -> FileFormatProto:
        """The message of the format."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileFormat) and self.to_proto() == other.to_proto()

    def __hash__(self) -> int:
        return hash(self.to_proto().SerializeToString())

    @classmethod
    def from_proto(cls, proto: FileFormatProto) -> Optional[FileFormat]:
        """The format of a message, None if none is set.

        Raises:
            NotImplementedError: If the message holds a format that is not known.
        """
        kind = proto.WhichOneof("format")
        if kind is None:
            return None
        known = {"parquet_format": ParquetFormat, "delta_format": DeltaFormat}
        if kind not in known:
            raise NotImplementedError(f"FileFormat is unsupported: {kind}")
        return known[kind]()

    def __str__(self) -> str:
        raise NotImplementedError()


class ParquetFormat(FileFormat):
    """Parquet files."""

    def to_proto(self) -> FileFormatProto:
        return FileFormatProto(parquet_format=FileFormatProto.ParquetFormat())

    def __str__(self) -> str:
        return "parquet"


class DeltaFormat(FileFormat):
    """A folder of Parquet files with a Delta log."""

    def to_proto(self) -> FileFormatProto:
        return FileFormatProto(delta_format=TableFormatProto.DeltaFormat())

    def __str__(self) -> str:
        return "delta"


class StreamFormat(ABC):
    """How the messages of a stream are encoded."""

    @abstractmethod
    def to_proto(self) -> StreamFormatProto:
        """The message of the format."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamFormat) and self.to_proto() == other.to_proto()

    def __hash__(self) -> int:
        return hash(self.to_proto().SerializeToString())

    @classmethod
    def from_proto(cls, proto: StreamFormatProto) -> Optional[StreamFormat]:
        """The format of a message, None if none is set."""
        kind = proto.WhichOneof("format")
        if kind == "avro_format":
            return AvroFormat(schema_json=proto.avro_format.schema_json)
        if kind == "json_format":
            return JsonFormat(schema_json=proto.json_format.schema_json)
        if kind == "proto_format":
            return ProtoFormat(class_path=proto.proto_format.class_path)
        return None


class AvroFormat(StreamFormat):
    """Avro messages with the given schema, as JSON text."""

    def __init__(self, schema_json: str):
        self.schema_json = schema_json

    def to_proto(self) -> StreamFormatProto:
        return StreamFormatProto(avro_format=StreamFormatProto.AvroFormat(schema_json=self.schema_json))


class JsonFormat(StreamFormat):
    """JSON messages with the given schema, as Spark DDL or JSON text."""

    def __init__(self, schema_json: str):
        self.schema_json = schema_json

    def to_proto(self) -> StreamFormatProto:
        return StreamFormatProto(json_format=StreamFormatProto.JsonFormat(schema_json=self.schema_json))


class ProtoFormat(StreamFormat):
    """Protobuf messages of the given class path."""

    def __init__(self, class_path: str):
        self.class_path = class_path

    def to_proto(self) -> StreamFormatProto:
        return StreamFormatProto(proto_format=StreamFormatProto.ProtoFormat(class_path=self.class_path))
