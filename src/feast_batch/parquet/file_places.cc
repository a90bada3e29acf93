#include "feast_batch/parquet/file_places.h"

#include <arrow/filesystem/filesystem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "feast/config/settings.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/interruptible_system_internal.h"
#include "feast_batch/parquet/remote_systems_internal.h"

namespace feast {
namespace {

constexpr std::string_view kSection = "native.object_storage";
constexpr int64_t kAttempts = 5;

std::optional<std::string> Variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value || !*value) return std::nullopt;
  return value;
}

bool OneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Of a uri: scheme "abfss", container "lake", host "acct.dfs.core.windows.net", key "a/b.parquet".
struct Parts {
  std::string scheme;
  std::string bucket;
  std::string host;
  std::string key;
};

Result<Parts> Split(const std::string& uri) {
  Parts parts;
  const size_t start = uri.find("://") + 3;
  parts.scheme = uri.substr(0, start - 3);
  const size_t slash = std::min(uri.find('/', start), uri.size());
  std::string authority = uri.substr(start, slash - start);
  if (slash < uri.size()) parts.key = uri.substr(slash + 1);
  while (parts.key.ends_with('/')) parts.key.pop_back();
  const size_t at = authority.rfind('@');
  if (at != std::string::npos) {
    const bool azure = OneOf(parts.scheme, {"abfs", "abfss", "az"});
    if (!azure || authority.find(':') < at) {
      return Status::InvalidArgument("a uri must not carry credentials: " + parts.scheme + "://…@" +
                                     authority.substr(at + 1));
    }
    parts.host = authority.substr(at + 1);
    authority.erase(at);
  }
  parts.bucket = authority;
  if (parts.bucket.empty()) {
    return Status::InvalidArgument("a uri needs a bucket, or container, after " + parts.scheme +
                                   "://");
  }
  return parts;
}

// Replaces what follows each `mark`, up to what ends a value in an address.
void Hide(std::string_view mark, std::string* text) {
  for (size_t at = text->find(mark); at != std::string::npos; at = text->find(mark, at)) {
    at += mark.size();
    const size_t end = std::min(text->find_first_of("&\"' \n)", at), text->size());
    text->replace(at, end - at, "***");
  }
}

}  // namespace

Result<std::unique_ptr<FilePlaces>> FilePlaces::Make(const OfflineStoreEnv& env) {
  int64_t attempts = kAttempts;
  const Setting* section = env.native ? env.native->Find("object_storage") : nullptr;
  if (section && section->kind != Setting::Kind::kNull) {
    SettingsReader reader(env.config_file, std::string(kSection), *section);
    FEAST_ASSIGN_OR_RETURN(attempts, reader.Int("attempts", kAttempts));
    if (attempts < 1) {
      return ConfigError(env.config_file, reader.LineOf("attempts"),
                         reader.PathOf("attempts") + ": expected a positive integer, not " +
                             std::to_string(attempts));
    }
    FEAST_RETURN_IF_ERROR(reader.Finish());
  }
  FEAST_ASSIGN_OR_RETURN(auto keys,
                         DecryptionKeys::Read(env.config_file, env.repo_path, env.native));
  return std::unique_ptr<FilePlaces>(new FilePlaces(env.repo_path, attempts, std::move(keys)));
}

Result<FilePlace> FilePlaces::Find(const CallContext& context, const std::string& uri,
                                   const std::string& s3_endpoint, const std::string& name) {
  if (IsRemote(uri)) {
    auto place = FindRemote(context, uri, s3_endpoint);
    return place.ok() ? place : place.status().Annotate(name);
  }
  auto path = LocalPath(repo_path_, uri);
  if (!path.ok()) return path.status().Annotate(name);
  return FilePlace{*std::move(path), nullptr, keys_};
}

Result<FilePlace> FilePlaces::FindRemote(const CallContext& context, const std::string& uri,
                                         const std::string& s3_endpoint) {
  FEAST_ASSIGN_OR_RETURN(const auto parts, Split(uri));
  const bool s3 = OneOf(parts.scheme, {"s3", "s3a", "s3n"});
  const bool gcs = OneOf(parts.scheme, {"gs", "gcs"});
  if (!s3 && !gcs && !OneOf(parts.scheme, {"az", "abfs", "abfss"})) {
    return Status::Unimplemented(
        "files are read from paths, s3://, gs://, az:// and abfss://; not " + parts.scheme + "://");
  }
  // A bucket of S3 has a region, which belongs to the connection.
  const std::string id = s3    ? "s3 " + parts.bucket + " " + s3_endpoint
                         : gcs ? "gs"
                               : "az " + parts.host;
  const std::lock_guard lock(mutex_);
  auto& store = stores_[id];
  if (!store) {
    FEAST_ARROW_ASSIGN(auto opened, AskUnder<Result<Store>>(context, [=, attempts = attempts_] {
                         return s3    ? OpenS3(parts.bucket, s3_endpoint, attempts, Variable)
                                : gcs ? OpenGcs(Variable)
                                      : OpenAzure(parts.host, Variable);
                       }));
    if (!opened.ok()) {
      return IsRemoteAnswer(opened.status().message())
                 ? RemoteFailure(parts.scheme + "://" + parts.bucket, opened.status().message())
                 : opened.status();
    }
    store = *std::move(opened);
  }
  return FilePlace{parts.key.empty() ? parts.bucket : parts.bucket + "/" + parts.key,
                   Interruptible(store, context), keys_};
}

Status RemoteFailure(const std::string& what, const arrow::Status& outcome) {
  if (CodeAndKind::Of(outcome)) return FromArrow(outcome).Annotate(what);
  return RemoteFailure(what, outcome.message());
}

bool IsRemoteAnswer(const std::string& text) {
  constexpr std::array<std::string_view, 4> kMarks = {"AWS Error", "google::cloud::Status",
                                                      "Azure Error", "Path does not exist"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](auto mark) { return text.find(mark) != std::string::npos; });
}

Status RemoteFailure(const std::string& what, const std::string& answer) {
  std::string text = answer;
  for (const char* secret : {"sig=", "Signature=", "X-Amz-Credential=", "X-Amz-Security-Token=",
                             "AWSAccessKeyId=", "access_token=", "skoid="}) {
    Hide(secret, &text);
  }
  const auto says = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](auto word) { return text.find(word) != std::string::npos; });
  };
  if (says({"NO_SUCH_KEY", "NO_SUCH_BUCKET", "RESOURCE_NOT_FOUND", "Path does not exist",
            "HTTP status 404", "NOT_FOUND", "ContainerNotFound", "BlobNotFound"})) {
    return Status::NotFound(what + ": " + text, ErrorKind::kFileNotFound);
  }
  if (says({"ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "EXPIRED_TOKEN",
            "HTTP status 401", "HTTP status 403", "PERMISSION_DENIED", "UNAUTHENTICATED",
            "AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch"})) {
    return {
        StatusCode::kFailedPrecondition,
        what + ": the object store refuses the credentials of this process, or finds none: " + text,
        ErrorKind::kPermissionError};
  }
  return {StatusCode::kUnavailable, what + ": " + text, ErrorKind::kOsError};
}

}  // namespace feast
