"""What the sources have in common that keep their settings as JSON in a custom source."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar, Dict

from feast.data_source import DataSource, class_path, common_arguments
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import CUSTOM_STORAGE_CLASS_KEY, SavedDatasetStorage


def json_options(settings: Dict[str, Any]) -> DataSourceProto.CustomSourceOptions:
    """Settings as the bytes of a custom source; the order of keys is kept."""
    return DataSourceProto.CustomSourceOptions(configuration=json.dumps(settings).encode())


class CustomSource(DataSource):
    """A source whose settings are a JSON object."""

    # Common arguments that the constructor takes besides those of every source.
    _further_arguments: ClassVar[tuple[str, ...]] = ("connection_ref",)

    @abstractmethod
    def settings(self) -> Dict[str, Any]:
        """The settings, in the order in which they are written."""

    def source_type(self) -> int:
        return DataSourceProto.CUSTOM_SOURCE

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CustomSource)
            and type(self) is type(other)
            and super().__eq__(other)
            and self.settings() == other.settings()
        )

    def __hash__(self) -> int:
        return super().__hash__()

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(
            data_source_class_type=class_path(self), custom_options=json_options(self.settings())
        )

    @classmethod
    def read(cls, message: DataSourceProto, settings: Dict[str, Any]) -> Any:
        """The source of a message and its settings."""
        return cls(**{**common_arguments(message, *cls._further_arguments), **settings})

    @classmethod
    def from_proto(cls, data_source: DataSourceProto) -> Any:  # type: ignore[override]
        """The source of a message."""
        return cls.read(data_source, json.loads(data_source.custom_options.configuration))


class CustomStorage(SavedDatasetStorage):
    """Storage of saved datasets whose settings are a JSON object."""

    def settings(self) -> Dict[str, Any]:
        """The settings, in the order in which they are written."""
        raise NotImplementedError

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        """The storage with these settings."""
        raise NotImplementedError

    def to_proto(self) -> SavedDatasetStorageProto:
        return self._custom_storage_proto(json_options(self.settings()))

    @classmethod
    def from_proto(cls, storage_proto: SavedDatasetStorageProto) -> Any:  # type: ignore[override]
        settings = json.loads(storage_proto.custom_storage.configuration)
        settings.pop(CUSTOM_STORAGE_CLASS_KEY, None)
        return cls.read(settings)

