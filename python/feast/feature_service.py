"""A feature service: the features of one model, from any number of views."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple, Union

from feast.argument_types import checked
from feast.base_feature_view import BaseFeatureView
from feast.definition import Definition
from feast.errors import FeatureViewMissingDuringFeatureServiceInference
from feast.feature_logging import LoggingConfig
from feast.feature_view import FeatureView
from feast.feature_view_projection import FeatureViewProjection
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.proto_time import load_times, store_times
from feast.protos.feast.core.FeatureService_pb2 import FeatureService as FeatureServiceProto
from feast.protos.feast.core.FeatureService_pb2 import FeatureServiceMeta, FeatureServiceSpec
from feast.version_text import parse_version


class FeatureService(Definition):
    """A named selection of features.

    Args:
        name: Name, unique in the project.
        features: Views (restricted with `view[["a"]]`, renamed, …) and references `view`, `view@vN`,
            `view@latest`, each with an optional `:feature`. References are resolved at apply.
        tags: Labels.
        description: Text for people.
        owner: Who is responsible.
        logging_config: How served features are logged.
        precompute_online: Whether whole feature vectors are stored.

    Raises:
        TypeCheckError: If a feature is neither a view nor text.
    """

    name: str
    feature_view_projections: List[FeatureViewProjection]
    description: str
    tags: Dict[str, str]
    owner: str
    created_timestamp: Optional[datetime] = None
    last_updated_timestamp: Optional[datetime] = None
    logging_config: Optional[LoggingConfig] = None
    precompute_online: bool = False

    @checked
    def __init__(
        self,
        *,
        name: str,
        features: List[Union[FeatureView, OnDemandFeatureView, LabelView, str]],
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
        logging_config: Optional[LoggingConfig] = None,
        precompute_online: bool = False,
    ):
        self.name = name
        self._features = [view for view in features if isinstance(view, BaseFeatureView)]
        self._pending_feature_refs = [ref for ref in features if isinstance(ref, str)]
        self.feature_view_projections = [_own_projection(view) for view in self._features]
        self.description = description
        self.tags = tags or {}
        self.owner = owner
        self.created_timestamp = None
        self.last_updated_timestamp = None
        self.logging_config = logging_config
        self.precompute_online = precompute_online

    def resolve_pending_refs(
        self, project: str, registry: Any, fvs_to_update: Optional[Dict[str, BaseFeatureView]] = None
    ) -> None:
        """Turns references into projections, after those of the views.

        Args:
            project: The project.
            registry: Where views are looked up: `get_any_feature_view(name, project)`, and for pinned ones
                `get_feature_view_by_version(name, project, number)`.
            fvs_to_update: Views of the same apply, by name; unpinned references prefer them.

        Raises:
            ValueError: If a view does not have the feature.
        """
        chosen: Dict[Tuple[str, Optional[int]], FeatureViewProjection] = {}
        for ref in self._pending_feature_refs:
            name, number, feature_name = _parse_ref(ref)
            if number is not None:
                view = registry.get_feature_view_by_version(name, project, number)
            else:
                view = (fvs_to_update or {}).get(name) or registry.get_any_feature_view(name, project)
            projection = chosen.get((name, number))
            if projection is None:
                projection = copy.copy(view.projection)
                projection.version_tag = number
                projection.features = [] if feature_name else list(view.features)
                chosen[name, number] = projection
            if feature_name:
                found = [feature for feature in view.features if feature.name == feature_name]
                if not found:
                    raise ValueError(f"Feature {feature_name} does not exist in feature view {name} (ref '{ref}').")
                projection.features += [feature for feature in found if feature not in projection.features]
        self.feature_view_projections.extend(chosen.values())
        self._pending_feature_refs = []

    def infer_features(self, fvs_to_update: Dict[str, BaseFeatureView]) -> None:
        """Fills projections of views whose features were not known when the service was defined.

        Args:
            fvs_to_update: Views of the same apply, by name, with their features found out.

        Raises:
            FeatureViewMissingDuringFeatureServiceInference: If a view is needed and not among them.
        """
        for view, projection in zip(self._features, self.feature_view_projections):
            inferred = fvs_to_update.get(projection.name)
            if projection.desired_features:
                if inferred is None:
                    raise FeatureViewMissingDuringFeatureServiceInference(projection.name, self.name)
                wanted = set(projection.desired_features)
                projection.features = [feature for feature in inferred.features if feature.name in wanted]
                projection.desired_features = []
            elif not projection.features:
                if inferred is None:
                    raise FeatureViewMissingDuringFeatureServiceInference(projection.name, self.name)
                projection.features = list(inferred.features)

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        """Whether all is equal but the logging configuration."""
        return isinstance(other, FeatureService) and all(
            getattr(self, name) == getattr(other, name)
            for name in (
                "name",
                "description",
                "tags",
                "owner",
                "precompute_online",
                "feature_view_projections",
            )
        )

    def validate(self) -> None:
        """Raises ValueError when `precompute_online` is set and a view can only be computed at read time."""
        if not self.precompute_online:
            return
        for view in self._features:
            if isinstance(view, OnDemandFeatureView) and not view.write_to_online_store:
                raise ValueError(
                    f"FeatureService '{self.name}' has precompute_online=True, but OnDemandFeatureView '{view.name}' "
                    "is computed when it is read (write_to_online_store=False): its values cannot be stored ahead"
                )

    @classmethod
    def from_proto(cls, feature_service_proto: FeatureServiceProto) -> FeatureService:
        """The service of a message."""
        spec = feature_service_proto.spec
        service = cls(
            name=spec.name,
            features=[],
            tags=dict(spec.tags),
            description=spec.description,
            owner=spec.owner,
            logging_config=LoggingConfig.from_proto(spec.logging_config),
            precompute_online=spec.precompute_online,
        )
        service.feature_view_projections = [FeatureViewProjection.from_proto(part) for part in spec.features]
        load_times(feature_service_proto.meta, service)
        return service

    def to_proto(self) -> FeatureServiceProto:
        """The message of the service.

        Raises:
            ValueError: If references are not resolved yet.
        """
        if self._pending_feature_refs:
            raise ValueError(
                f"FeatureService '{self.name}' has unresolved feature refs {self._pending_feature_refs}. "
                "Apply it via FeatureStore.apply (or call resolve_pending_refs) before serializing."
            )
        meta = FeatureServiceMeta()
        store_times(meta, self)
        spec = FeatureServiceSpec(
            name=self.name,
            features=[projection.to_proto() for projection in self.feature_view_projections],
            tags=self.tags,
            description=self.description,
            owner=self.owner,
            logging_config=self.logging_config.to_proto() if self.logging_config else None,
            precompute_online=self.precompute_online,
        )
        return FeatureServiceProto(spec=spec, meta=meta)


def _own_projection(view: BaseFeatureView) -> FeatureViewProjection:
    """A copy of the view's projection that pins the version of a pinned view."""
    projection = copy.copy(view.projection)
    projection.features = list(projection.features)
    projection.join_key_map = dict(projection.join_key_map)
    if projection.version_tag is None and not isinstance(view, LabelView):
        try:
            latest, number = parse_version(view.version)
        except ValueError:
            return projection
        projection.version_tag = None if latest else number
    return projection


def _parse_ref(ref: str) -> Tuple[str, Optional[int], Optional[str]]:
    """View, version number and feature of `view[@version][:feature]`."""
    view, _, feature = ref.partition(":")
    name, at, version = view.partition("@")
    if not name:
        raise ValueError(f"Invalid feature reference '{ref}': it names no feature view.")
    latest, number = parse_version(version) if at else (True, 0)
    return name, None if latest else number, feature or None
