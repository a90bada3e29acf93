"""Saved datasets: the stored result of a historical retrieval, and references to validate others against it."""

from __future__ import annotations

import importlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, Type

from feast.class_path import class_of
from feast.data_source import DataSource
from feast.definition import Definition
from feast.errors import FeastClassImportError
from feast.proto_time import load_times, store_times
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDataset as SavedDatasetProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetMeta, SavedDatasetSpec
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.protos.feast.core.ValidationProfile_pb2 import ValidationReference as ValidationReferenceProto

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

    from feast.dqm.profilers.profiler import Profile, Profiler
    from feast.infra.offline_stores.offline_store import RetrievalJob

# Key in the JSON of custom storage that names the class, so that a reader finds it.
CUSTOM_STORAGE_CLASS_KEY = "saved_dataset_storage_class"

_STORAGE_MODULES = {
    "file_storage": "feast.infra.offline_stores.file_source",
    "bigquery_storage": "feast.infra.offline_stores.bigquery_source",
    "redshift_storage": "feast.infra.offline_stores.redshift_source",
    "snowflake_storage": "feast.infra.offline_stores.snowflake_source",
    "trino_storage": "feast.infra.offline_stores.contrib.trino_offline_store.trino_source",
    "spark_storage": "feast.infra.offline_stores.contrib.spark_offline_store.spark_source",
    "athena_storage": "feast.infra.offline_stores.contrib.athena_offline_store.athena_source",
}


class SavedDatasetStorage:
    """Where a saved dataset is kept; each subclass names its field of the message in `_proto_attr_name`."""

    _proto_attr_name: ClassVar[str]
    _source_class: ClassVar[Optional[Type[DataSource]]] = None
    _claimants: ClassVar[Dict[str, List[Type[SavedDatasetStorage]]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_proto_attr_name" in vars(cls):
            SavedDatasetStorage._claimants.setdefault(cls._proto_attr_name, []).append(cls)

    @staticmethod
    def from_proto(storage_proto: SavedDatasetStorageProto) -> SavedDatasetStorage:
        """The storage of a message.

        Raises:
            ValueError: If custom storage does not name its class and several imported classes could read it.
            KeyError: If no imported class can.
        """
        kind = str(storage_proto.WhichOneof("kind"))
        if kind in _STORAGE_MODULES:
            importlib.import_module(_STORAGE_MODULES[kind])
        elif kind == "custom_storage":
            named = _named_class(storage_proto.custom_storage)
            if named is not None:
                return named.from_proto(storage_proto)
        claimants = SavedDatasetStorage._claimants.get(kind, [])
        if not claimants:
            raise KeyError(kind)
        if len(claimants) > 1:
            names = ", ".join(sorted(_class_path(claimant) for claimant in claimants))
            raise ValueError(
                f"Cannot tell which class stores '{kind}': it does not name one and several are imported: {names}."
            )
        return claimants[0].from_proto(storage_proto)

    def to_proto(self) -> SavedDatasetStorageProto:
        """The message of the storage."""
        raise NotImplementedError

    def to_data_source(self) -> DataSource:
        """The stored rows as a data source."""
        raise NotImplementedError

    @staticmethod
    def from_data_source(data_source: DataSource) -> SavedDatasetStorage:
        """Storage of the same kind and place as a data source.

        Raises:
            ValueError: If there is none for this kind.
        """
        for claimants in SavedDatasetStorage._claimants.values():
            for claimant in claimants:
                own = "from_data_source" in vars(claimant)
                if own and claimant._source_class is not None and type(data_source) is claimant._source_class:
                    return claimant.from_data_source(data_source)
        raise ValueError(f"This method currently does not support {type(data_source).__name__}.")

    def _custom_storage_proto(self, options_proto: DataSourceProto.CustomSourceOptions) -> SavedDatasetStorageProto:
        """The message of custom storage; adds the name of this class to the JSON of `options_proto`."""
        settings = json.loads(options_proto.configuration)
        settings[CUSTOM_STORAGE_CLASS_KEY] = _class_path(type(self))
        custom = DataSourceProto.CustomSourceOptions(configuration=json.dumps(settings).encode())
        return SavedDatasetStorageProto(custom_storage=custom)


def _class_path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _named_class(options: DataSourceProto.CustomSourceOptions) -> Optional[Type[SavedDatasetStorage]]:
    try:
        settings = json.loads(options.configuration)
    except ValueError:
        return None
    path = settings.get(CUSTOM_STORAGE_CLASS_KEY) if isinstance(settings, dict) else None
    return get_saved_dataset_storage_class_from_path(path) if path else None


def get_saved_dataset_storage_class_from_path(saved_dataset_storage_path: str) -> Type[SavedDatasetStorage]:
    """The storage class of a dotted path.

    Raises:
        FeastModuleImportError: If the module cannot be imported.
        FeastClassImportError: If the module has no storage class of this name.
    """
    kind = class_of(saved_dataset_storage_path)
    if not (isinstance(kind, type) and issubclass(kind, SavedDatasetStorage)):
        raise FeastClassImportError(*saved_dataset_storage_path.rsplit(".", 1))
    return kind


class SavedDataset(Definition):
    """A stored result of a historical retrieval.

    Args:
        name: Name, unique in the project.
        features: References `view:feature` of its columns.
        join_keys: Its join key columns.
        storage: Where it is kept.
        full_feature_names: Whether columns are named `view__feature`.
        tags: Labels.
        feature_service_name: Service it was retrieved for, if any.
        namespace: Group for listing.
        collection: Group within the namespace.
        description: Text for people.
    """

    name: str
    features: List[str]
    join_keys: List[str]
    full_feature_names: bool
    storage: SavedDatasetStorage
    tags: Dict[str, str]
    feature_service_name: Optional[str] = None
    namespace: str = ""
    collection: str = ""
    description: str = ""
    created_timestamp: Optional[datetime] = None
    last_updated_timestamp: Optional[datetime] = None
    min_event_timestamp: Optional[datetime] = None
    max_event_timestamp: Optional[datetime] = None
    _retrieval_job: Optional[RetrievalJob] = None
    _columns: Any = ()

    def __init__(
        self,
        name: str,
        features: List[str],
        join_keys: List[str],
        storage: SavedDatasetStorage,
        full_feature_names: bool = False,
        tags: Optional[Dict[str, str]] = None,
        feature_service_name: Optional[str] = None,
        namespace: str = "",
        collection: str = "",
        description: str = "",
    ):
        self.name = name
        self.features = features
        self.join_keys = join_keys
        self.storage = storage
        self.full_feature_names = full_feature_names
        self.tags = tags or {}
        self.feature_service_name = feature_service_name
        self.namespace = namespace
        self.collection = collection
        self.description = description
        self._retrieval_job = None

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        """Whether all that is registered is equal; storage is compared by its message."""
        return isinstance(other, SavedDataset) and self.to_proto().spec == other.to_proto().spec

    @staticmethod
    def from_proto(saved_dataset_proto: SavedDatasetProto) -> SavedDataset:
        """The dataset of a message."""
        spec, meta = saved_dataset_proto.spec, saved_dataset_proto.meta
        dataset = SavedDataset(
            name=spec.name,
            features=list(spec.features),
            join_keys=list(spec.join_keys),
            storage=SavedDatasetStorage.from_proto(spec.storage),
            full_feature_names=spec.full_feature_names,
            tags=dict(spec.tags),
            feature_service_name=spec.feature_service_name or None,
            namespace=spec.namespace,
            collection=spec.collection,
            description=spec.description,
        )
        dataset._columns = tuple(spec.columns)
        load_times(meta, dataset)
        if meta.HasField("min_event_timestamp"):
            dataset.min_event_timestamp = meta.min_event_timestamp.ToDatetime()
        if meta.HasField("max_event_timestamp"):
            dataset.max_event_timestamp = meta.max_event_timestamp.ToDatetime()
        return dataset

    def to_proto(self) -> SavedDatasetProto:
        """The message of the dataset; columns that others described are kept."""
        meta = SavedDatasetMeta()
        store_times(meta, self)
        if self.min_event_timestamp:
            meta.min_event_timestamp.FromDatetime(self.min_event_timestamp)
        if self.max_event_timestamp:
            meta.max_event_timestamp.FromDatetime(self.max_event_timestamp)
        spec = SavedDatasetSpec(
            name=self.name,
            features=self.features,
            join_keys=self.join_keys,
            full_feature_names=self.full_feature_names,
            storage=self.storage.to_proto(),
            tags=self.tags,
            feature_service_name=self.feature_service_name or "",
            namespace=self.namespace,
            collection=self.collection,
            description=self.description,
            columns=self._columns,
        )
        return SavedDatasetProto(spec=spec, meta=meta)

    def with_retrieval_job(self, retrieval_job: RetrievalJob) -> SavedDataset:
        """Sets the job that reads the stored rows; returns the dataset."""
        self._retrieval_job = retrieval_job
        return self

    def _job(self) -> RetrievalJob:
        if self._retrieval_job is None:
            raise RuntimeError(
                "To load this dataset use FeatureStore.get_saved_dataset() instead of instantiating it directly."
            )
        return self._retrieval_job

    def to_df(self) -> pd.DataFrame:
        """The stored rows.

        Raises:
            RuntimeError: If the dataset does not come from `FeatureStore.get_saved_dataset`.
        """
        return self._job().to_df()

    def to_arrow(self) -> pyarrow.Table:
        """The stored rows.

        Raises:
            RuntimeError: If the dataset does not come from `FeatureStore.get_saved_dataset`.
        """
        return self._job().to_arrow()

    def get_profile(self, profiler: Profiler) -> Profile:
        """The profile that `profiler` makes of the stored rows."""
        return profiler.analyze_dataset(self.to_df())

    def as_reference(self, name: str, profiler: Profiler) -> ValidationReference:
        """A reference that validates other data against this dataset."""
        return ValidationReference.from_saved_dataset(name=name, profiler=profiler, dataset=self)


class ValidationReference:
    """A saved dataset and a profiler by which other data is compared with it.

    Args:
        name: Name, unique in the project.
        dataset_name: The saved dataset.
        profiler: Makes a profile of the dataset: any object with the methods of `Profiler`. Those of Great
            Expectations are kept in the registry, others in this object only.
        description: Text for people.
        tags: Labels.
    """

    def __init__(
        self,
        name: str,
        dataset_name: str,
        profiler: Optional[Profiler] = None,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
    ):
        self.name = name
        self.dataset_name = dataset_name
        self.profiler = profiler
        self.description = description
        self.tags = tags or {}
        self._dataset: Optional[SavedDataset] = None
        self._profile: Optional[Profile] = None
        self._raw: Optional[ValidationReferenceProto] = None

    @classmethod
    def from_saved_dataset(cls, name: str, dataset: SavedDataset, profiler: Profiler) -> ValidationReference:
        """A reference to `dataset`."""
        reference = cls(name, dataset.name, profiler)
        reference._dataset = dataset
        return reference

    @property
    def profile(self) -> Profile:
        """The profile of the dataset, made once.

        Raises:
            RuntimeError: If there is no dataset to make it of, or no profiler: a profiler that was read from the
                registry is pickled code, which is not run.
        """
        if self._profile is None:
            self._profile = self._stored_profile() or self._made_profile()
        return self._profile

    def _stored_profile(self) -> Optional[Profile]:
        if self.profiler is not None or self._raw is None or not self._raw.HasField("ge_profile"):
            return None
        from feast.dqm.profilers.ge_profiler import GEProfile

        return GEProfile.from_proto(self._raw.ge_profile)

    def _made_profile(self) -> Profile:
        if self._dataset is None:
            raise RuntimeError(
                "In order to calculate a profile validation reference must be instantiated from a saved dataset. "
                "Use ValidationReference.from_saved_dataset constructor or FeatureStore.get_validation_reference "
                "to get validation reference object."
            )
        if self.profiler is None:
            raise RuntimeError(
                f"Failed to calculate profile: the profiler of validation reference {self.name} is not set. "
                "The one in the registry is pickled code, which is not run; set `profiler` to it."
            )
        return self.profiler.analyze_dataset(self._dataset.to_df())

    @classmethod
    def from_proto(cls, proto: ValidationReferenceProto, skip_udf: bool = False) -> ValidationReference:
        """The reference of a message. The pickled profiler is kept as bytes and never loaded."""
        reference = cls(
            name=proto.name,
            dataset_name=proto.reference_dataset_name,
            description=proto.description,
            tags=dict(proto.tags),
        )
        reference._raw = proto
        return reference

    def to_proto(self) -> ValidationReferenceProto:
        """The message of the reference."""
        message = ValidationReferenceProto(
            name=self.name,
            reference_dataset_name=self.dataset_name,
            description=self.description,
            tags=self.tags,
        )
        for name, own in (("ge_profiler", self.profiler), ("ge_profile", self._profile)):
            ours = own.to_proto() if own is not None else None
            if isinstance(ours, type(getattr(message, name))):
                getattr(message, name).MergeFrom(ours)
            elif ours is None and self._raw is not None and self._raw.HasField(name):
                getattr(message, name).CopyFrom(getattr(self._raw, name))
        return message
