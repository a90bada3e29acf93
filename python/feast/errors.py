"""Every error that Feast raises, with the codes by which servers report it and the text by which clients rebuild it."""

from __future__ import annotations

import importlib
import json
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, List, Optional, Set

if TYPE_CHECKING:
    from grpc import StatusCode

    from feast.field import Field

logger = logging.getLogger(__name__)


class FeastError(Exception):
    """Base of all errors of the feature store; servers report it as internal unless a class says otherwise."""

    def grpc_status_code(self) -> StatusCode:
        """Code for gRPC answers; needs the package `grpcio`."""
        from grpc import StatusCode

        return StatusCode.INTERNAL

    def http_status_code(self) -> int:
        """Code for HTTP answers."""
        return 500

    def __str__(self) -> str:
        override = getattr(self, "__overridden_message__", None)
        return str(override) if override else super().__str__()

    def __repr__(self) -> str:
        override = getattr(self, "__overridden_message__", None)
        return f"{type(self).__name__}('{override}')" if override else super().__repr__()

    def to_error_detail(self) -> str:
        """The JSON that travels over HTTP, gRPC and Flight: module, class and message, in this order."""
        detail = {"module": type(self).__module__, "class": type(self).__name__, "message": str(self)}
        return json.dumps(detail)

    @staticmethod
    def from_error_detail(detail: str) -> Optional[FeastError]:
        """Rebuilds an error from `to_error_detail`; None, with a warning in the log, if the text is not one."""
        try:
            parts = json.loads(detail)
            kind = getattr(importlib.import_module(parts["module"]), parts["class"])
            if not (isinstance(kind, type) and issubclass(kind, FeastError)):
                raise TypeError(f"{parts['class']} is not an error of Feast")
            error = kind.__new__(kind)
            setattr(error, "__overridden_message__", parts["message"])
            return error
        except Exception as problem:
            logger.warning("Invalid error detail: %s: %s", detail, problem)
            return None


class FeastObjectNotFoundException(FeastError):
    """Something was asked for by a name that nothing has."""

    def grpc_status_code(self) -> StatusCode:
        from grpc import StatusCode

        return StatusCode.NOT_FOUND

    def http_status_code(self) -> int:
        return 404


def _absent(kind: str, name: object, project: Optional[str]) -> str:
    return f"{kind} {name} does not exist in project {project}" if project else f"{kind} {name} does not exist"


# ---------------------------------------------------------------- objects that do not exist


class EntityNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("Entity", name, project))


class FeatureServiceNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("Feature service", name, project))


class FeatureViewNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("Feature view", name, project))


class FeatureViewVersionNotFound(FeastObjectNotFoundException):
    def __init__(self, name: str, version: str, project: Optional[str] = None):
        super().__init__(_absent(f"Version {version} of feature view", name, project))


class OnDemandFeatureViewNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("On demand feature view", name, project))


class DataSourceObjectNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("Data source", name, project))


class SavedDatasetNotFound(FeastObjectNotFoundException):
    def __init__(self, name: str, project: str):
        super().__init__(f"Saved dataset {name} does not exist in project {project}")


class ValidationReferenceNotFound(FeastObjectNotFoundException):
    def __init__(self, name: str, project: str):
        super().__init__(f"Validation reference {name} does not exist in project {project}")


class PermissionObjectNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(_absent("Permission", name, project))


class ProjectObjectNotFoundException(FeastObjectNotFoundException):
    def __init__(self, name: str, project: Optional[str] = None):
        super().__init__(f"Project {name} does not exist")


class RequestDataNotFoundInEntityDfException(FeastObjectNotFoundException):
    def __init__(self, feature_name: str, feature_view_name: str):
        super().__init__(
            f"Feature {feature_name} not found in the entity dataframe, "
            f"but required by feature view {feature_view_name}"
        )


class RequestDataNotFoundInEntityRowsException(FeastObjectNotFoundException):
    def __init__(self, feature_names: List[str]):
        super().__init__(
            f"Required request data source features {feature_names} not found in the entity rows, "
            "but required by feature views"
        )


class S3RegistryBucketNotExist(FeastObjectNotFoundException):
    def __init__(self, bucket: str):
        super().__init__(f"S3 bucket {bucket} for the Feast registry does not exist")


class S3RegistryBucketForbiddenAccess(FeastObjectNotFoundException):
    def __init__(self, bucket: str):
        super().__init__(f"S3 bucket {bucket} for the Feast registry can't be accessed")


class PushSourceNotFoundException(FeastError):
    def __init__(self, push_source_name: str):
        super().__init__(f"Unable to find push source '{push_source_name}'.")

    def http_status_code(self) -> int:
        return 422


# These three are not in the not-found family, so servers report them as internal.


class DataSourceNotFoundException(FeastError):
    def __init__(self, path: str):
        super().__init__(f"Unable to find table at '{path}'. Please check that table exists.")


class PermissionNotFoundException(FeastError):
    def __init__(self, name: str, project: str):
        super().__init__(f"Permission {name} does not exist in project {project}")


class ProjectNotFoundException(FeastError):
    def __init__(self, project: str):
        super().__init__(f"Project {project} does not exist in registry")


# ---------------------------------------------------------------- access


class FeastPermissionError(FeastError, PermissionError):
    def __init__(self, details: str):
        super().__init__(f"Permission error:\n{details}")

    def __str__(self) -> str:
        return FeastError.__str__(self)

    def grpc_status_code(self) -> StatusCode:
        from grpc import StatusCode

        return StatusCode.PERMISSION_DENIED

    def http_status_code(self) -> int:
        return 403


class FeastProviderLoginError(FeastError):
    """A provider could not log in."""


class ReadOnlyRegistryException(FeastError):
    def __init__(self) -> None:
        super().__init__("Registry implementation is read-only.")


# ---------------------------------------------------------------- names and versions


class DataSourceNoNameException(FeastError):
    def __init__(self) -> None:
        super().__init__("Unable to infer a name for this data source. Either table or name must be specified.")


class DataSourceRepeatNamesException(FeastError):
    def __init__(self, ds_name: str):
        super().__init__(f"Multiple data sources share the same case-insensitive name {ds_name}.")


class ConflictingFeatureViewNames(FeastError):
    def __init__(self, feature_view_name: str, existing_type: Optional[str] = None, new_type: Optional[str] = None):
        if existing_type and new_type and existing_type == new_type:
            text = (
                f"Multiple {existing_type}s with name '{feature_view_name}' found. Feature view names must be "
                "case-insensitively unique. It may be necessary to ignore certain files in your feature repository "
                "by using a .feastignore file."
            )
        elif existing_type and new_type:
            text = (
                f"Feature view name '{feature_view_name}' is already used by a {existing_type}. "
                f"Cannot register a {new_type} with the same name. Feature view names must be unique across "
                "FeatureView, StreamFeatureView, and OnDemandFeatureView."
            )
        else:
            text = f"The feature view name: {feature_view_name} refers to feature views of different types."
        super().__init__(text)


class FeatureNameCollisionError(FeastError):
    def __init__(self, feature_refs_collisions: List[str], full_feature_names: bool):
        names = set(feature_refs_collisions)
        if full_feature_names:
            advice = (
                "please ensure that the feature views or their own features have different names. If you're "
                "intentionally joining the same feature view twice on different sets of entities, please rename one "
                "of the feature views with '.with_name'."
            )
        else:
            counts = Counter(ref.split(":")[1] for ref in feature_refs_collisions)
            names = {name for name, count in counts.items() if count > 1} or set(counts)
            advice = (
                "either use the full feature name by setting 'full_feature_names=True', or ensure that the features "
                "in question have different names."
            )
        super().__init__(
            f"Duplicate features named {', '.join(sorted(names))} found.\nTo resolve this collision, {advice}"
        )


class FeatureViewPinConflict(FeastError):
    def __init__(self, name: str, version: str):
        super().__init__(
            f"Cannot pin feature view '{name}' to {version} because the definition has also been modified. "
            "To pin to an older version, only change the 'version' parameter — do not modify other fields. "
            "To apply a new definition, use version='latest' or omit the version parameter."
        )


class ConcurrentVersionConflict(FeastError):
    def __init__(self, msg: str):
        super().__init__(msg)


class VersionedOnlineReadNotSupported(FeastError):
    def __init__(self, store_name: str, version: int):
        super().__init__(
            f"Versioned feature reads (@v{version}) are not yet supported by {store_name}. Currently only SQLite, "
            "PostgreSQL, MySQL, FAISS, Redis, and DynamoDB support version-qualified feature references. "
        )


# ---------------------------------------------------------------- configuration


class FeastProviderNotImplementedError(FeastError):
    def __init__(self, provider_name: str):
        super().__init__(f"Provider '{provider_name}' is not implemented")


class FeastRegistryNotSetError(FeastError):
    def __init__(self) -> None:
        super().__init__("Registry is not set, but is required")


class FeastFeatureServerTypeInvalidError(FeastError):
    def __init__(self, feature_server_type: str):
        super().__init__(f"Feature server type was set to {feature_server_type}, but this type is invalid")


class FeastRegistryTypeInvalidError(FeastError):
    def __init__(self, registry_type: str):
        super().__init__(f"Feature server type was set to {registry_type}, but this type is invalid")


class FeastModuleImportError(FeastError):
    def __init__(self, module_name: str, class_name: str):
        super().__init__(f"Could not import module '{module_name}' while attempting to load class '{class_name}'")


class FeastClassImportError(FeastError):
    def __init__(self, module_name: str, class_name: str):
        super().__init__(f"Could not import class '{class_name}' from module '{module_name}'")


class FeastExtrasDependencyImportError(FeastError):
    def __init__(self, extras_type: str, nested_error: str):
        command = f"\x1b[1m\x1b[32mpip install 'feast[{extras_type}]'\x1b[0m"
        super().__init__(f"{nested_error}\nYou may need run {command}")


class FeastOfflineStoreInvalidName(FeastError):
    def __init__(self, offline_store_class_name: str):
        super().__init__(
            f"Offline Store Class '{offline_store_class_name}' should end with the string `OfflineStore`.'"
        )


class FeastOnlineStoreInvalidName(FeastError):
    def __init__(self, online_store_class_name: str):
        super().__init__(f"Online Store Class '{online_store_class_name}' should end with the string `OnlineStore`.'")


class FeastInvalidAuthConfigClass(FeastError):
    def __init__(self, auth_config_class_name: str):
        super().__init__(f"Auth Config Class '{auth_config_class_name}' should end with the string `AuthConfig`.'")


class FeastInvalidBaseClass(FeastError):
    def __init__(self, class_name: str, class_type: str):
        super().__init__(f"Class '{class_name}' should have `{class_type}` as a base class.")


class FeastOfflineStoreUnsupportedDataSource(FeastError):
    def __init__(self, offline_store_name: str, data_source_name: str):
        super().__init__(f"Offline Store '{offline_store_name}' does not support data source '{data_source_name}'")


class FeastOnlineStoreUnsupportedDataSource(FeastError):
    def __init__(self, online_store_name: str, data_source_name: str):
        super().__init__(f"Online Store '{online_store_name}' does not support data source '{data_source_name}'")


class FeastInvalidInfraObjectType(FeastError):
    def __init__(self) -> None:
        super().__init__("Could not identify the type of the InfraObject.")


class DockerDaemonNotRunning(FeastError):
    def __init__(self) -> None:
        super().__init__(
            "The Docker Python sdk cannot connect to the Docker daemon. Please make sure you have"
            "the docker daemon installed, and that it is running."
        )


# ---------------------------------------------------------------- inference


class RegistryInferenceFailure(FeastError):
    def __init__(self, repo_obj_type: str, specific_issue: str):
        super().__init__(
            f"Inference to fill in missing information for {repo_obj_type} failed. {specific_issue}. "
            "Try filling the information explicitly."
        )


class SpecifiedFeaturesNotPresentError(FeastError):
    def __init__(self, specified_features: List[Field], inferred_features: List[Field], feature_view_name: str):
        super().__init__(
            f"Explicitly specified features {specified_features} not found in inferred list of features "
            f"{inferred_features} for '{feature_view_name}'"
        )


class FeatureViewMissingDuringFeatureServiceInference(FeastError):
    def __init__(self, feature_view_name: str, feature_service_name: str):
        super().__init__(
            f"Missing {feature_view_name} feature view during inference for {feature_service_name} feature service."
        )


class EntityTimestampInferenceException(FeastError):
    def __init__(self, expected_column_name: str):
        super().__init__(
            f"Please provide an entity_df with a column named {expected_column_name} representing the time of events."
        )


# ---------------------------------------------------------------- data handed in


class FeastEntityDFMissingColumnsError(FeastError):
    def __init__(self, expected: Any, missing: Any):
        super().__init__(
            f"The entity dataframe you have provided must contain columns {expected}, but {missing} were missing."
        )


class FeastJoinKeysDuringMaterialization(FeastError):
    def __init__(self, source: str, join_key_columns: Set[str], source_columns: Set[str]):
        super().__init__(
            f"The DataFrame from {source} being materialized must have at least {join_key_columns} columns present, "
            f"but these were missing: {join_key_columns - source_columns} "
        )


class InvalidEntityType(FeastError):
    def __init__(self, entity_type: type):
        super().__init__(
            "The entity dataframe you have provided must be a Pandas DataFrame or a SQL query, "
            f"but we found: {entity_type} "
        )


class InvalidFeaturesParameterType(FeastError):
    def __init__(self, features: Any):
        super().__init__(
            f"Invalid `features` parameter type {type(features)}. Expected one of List[str] and FeatureService."
        )


class EntitySQLEmptyResults(FeastError):
    def __init__(self, entity_sql: str):
        super().__init__(
            f"No entity values found from the specified SQL query to generate the entity dataframe: {entity_sql}."
        )


class EntityDFNotDateTime(FeastError):
    def __init__(self) -> None:
        super().__init__("The entity dataframe specified does not have the timestamp field as a datetime.")


class DataFrameSerializationError(FeastError):
    def __init__(self, input: Any):
        super().__init__("Failed to serialize the provided input into a pandas DataFrame")


class SavedDatasetLocationAlreadyExists(FeastError):
    def __init__(self, location: str):
        super().__init__(f"Saved dataset location {location} already exists.")


# ---------------------------------------------------------------- warehouses


class BigQueryJobStillRunning(FeastError):
    def __init__(self, job_id: str):
        super().__init__(f"The BigQuery job with ID '{job_id}' is still running.")


class BigQueryJobCancelled(FeastError):
    def __init__(self, job_id: str):
        super().__init__(f"The BigQuery job with ID '{job_id}' was cancelled")


class RedshiftCredentialsError(FeastError):
    def __init__(self) -> None:
        super().__init__("Redshift API failed due to incorrect credentials")


class RedshiftQueryError(FeastError):
    def __init__(self, details: str):
        super().__init__(f"Redshift SQL Query failed to finish. Details: {details}")


class RedshiftTableNameTooLong(FeastError):
    def __init__(self, table_name: str):
        super().__init__(
            "Redshift table names have a maximum length of 127 characters, "
            f"but the table name {table_name} has length {len(table_name)} characters."
        )


class SnowflakeCredentialsError(FeastError):
    def __init__(self) -> None:
        super().__init__("Snowflake Connector failed due to incorrect credentials")


class SnowflakeQueryError(FeastError):
    def __init__(self, details: str):
        super().__init__(f"Snowflake SQL Query failed to finish. Details: {details}")


class SnowflakeIncompleteConfig(FeastError):
    def __init__(self, e: KeyError):
        super().__init__(f"{e} not defined in a config file or feature_store.yaml file")


class SnowflakeQueryUnknownError(FeastError):
    def __init__(self, query: str):
        super().__init__(f"Snowflake query failed: {query}")


class ZeroRowsQueryResult(FeastError):
    def __init__(self, query: str):
        super().__init__(f"This query returned zero rows:\n{query}")


class ZeroColumnQueryResult(FeastError):
    def __init__(self, query: str):
        super().__init__(f"This query returned zero columns:\n{query}")
