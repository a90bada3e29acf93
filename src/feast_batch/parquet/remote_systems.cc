#include <arrow/filesystem/azurefs.h>
#include <arrow/filesystem/gcsfs.h>
#include <arrow/filesystem/s3fs.h>
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "feast_batch/parquet/interruptible_system_internal.h"
#include "feast_batch/parquet/remote_systems_internal.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

using FileSystem = std::shared_ptr<arrow::fs::FileSystem>;

// ---------------------------------------------------------------- S3

// Arrow's own tries thirty times, each as long as a silent server makes it.
class FewAttempts final : public arrow::fs::S3RetryStrategy {
 public:
  explicit FewAttempts(int64_t attempts) : attempts_(attempts) {}
  bool ShouldRetry(const AWSErrorDetail& error, int64_t retries) override {
    return error.should_retry && retries + 1 < attempts_ && !RequestIsAbandoned();
  }
  int64_t CalculateDelayBeforeNextRetry(const AWSErrorDetail&, int64_t retries) override {
    constexpr double kFirst = 100, kLongest = 5'000;  // ms
    return std::llround(std::min(kLongest, kFirst * std::pow(3.0, retries)));
  }

 private:
  const int64_t attempts_;
};

// S3 is a library of its own, beside Arrow's, so that who needs none does not load it.
Status LoadS3() {
  Dl_info arrow_library;
  if (dladdr(reinterpret_cast<void*>(&arrow::fs::LoadFileSystemFactories), &arrow_library) == 0) {
    return Status::Internal("Arrow's library cannot be found");
  }
  const auto file =
      std::filesystem::path(arrow_library.dli_fname).replace_filename(FEAST_ARROW_S3_LIBRARY);
  const auto loaded = arrow::fs::LoadFileSystemFactories(file.c_str());
  if (!loaded.ok()) {
    return Status::Unavailable("S3 needs " + file.string() + ": " + loaded.message());
  }
  return Status::OK();
}

std::string Encoded(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return out;
}

// ---------------------------------------------------------------- Azure

// "AccountName=…;AccountKey=…;…": the value of a key, or nothing.
std::string PartOf(const std::string& connection, std::string_view key) {
  for (size_t at = 0; at < connection.size();) {
    const size_t end = std::min(connection.find(';', at), connection.size());
    const auto part = std::string_view(connection).substr(at, end - at);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=') {
      return std::string(part.substr(key.size() + 1));
    }
    at = end + 1;
  }
  return "";
}

// An emulator's or private service's address; the account is the first part of its path.
void TakeEndpoint(std::string endpoint, arrow::fs::AzureOptions* options) {
  const size_t scheme = endpoint.find("://");
  if (scheme == std::string::npos) return;
  options->blob_storage_scheme = options->dfs_storage_scheme = endpoint.substr(0, scheme);
  endpoint.erase(0, scheme + 3);
  endpoint.erase(std::min(endpoint.find('/'), endpoint.size()));
  if (endpoint.starts_with(options->account_name + ".")) {
    endpoint.erase(0, options->account_name.size());
  }
  options->blob_storage_authority = options->dfs_storage_authority = endpoint;
}

}  // namespace

Result<FileSystem> OpenS3(const std::string& bucket, const std::string& endpoint, int64_t attempts,
                          const ReadVariable& variable) {
  static const Status kLoaded = LoadS3();
  FEAST_RETURN_IF_ERROR(kLoaded);
  std::string service = endpoint;
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (service.empty()) service = variable(name).value_or("");
  }
  std::string scheme = "https";
  if (const size_t end = service.find("://"); end != std::string::npos) {
    scheme = service.substr(0, end);
    service.erase(0, end + 3);
  }
  while (service.ends_with('/')) service.pop_back();
  std::string uri = "s3://" + Encoded(bucket) + "?scheme=" + Encoded(scheme);
  if (!service.empty()) uri += "&endpoint_override=" + Encoded(service);
  auto region = variable("AWS_REGION");
  if (!region) region = variable("AWS_DEFAULT_REGION");
  // Amazon's own buckets tell their region when asked; other services rarely care.
  if (!region && !service.empty()) region = "us-east-1";
  if (region) uri += "&region=" + Encoded(*region);
  const std::shared_ptr<arrow::fs::S3RetryStrategy> retries =
      std::make_shared<FewAttempts>(attempts);
  auto opened = arrow::fs::FileSystemFromUriAndOptions(uri, {{"retry_strategy", retries}});
  // S3 must be shut down while it is whole: before its static objects go, which exist by now, also
  // if nothing was opened.
  static const bool kEndsInTime = std::atexit([] { arrow::fs::EnsureFinalized(); }) == 0;
  (void)kEndsInTime;
  FEAST_ARROW_ASSIGN(auto system, std::move(opened));
  return system;
}

Result<FileSystem> OpenGcs(const ReadVariable& variable) {
  auto options = arrow::fs::GcsOptions::Defaults();
  if (auto emulator = variable("STORAGE_EMULATOR_HOST")) {
    options = arrow::fs::GcsOptions::Anonymous();
    options.scheme = "http";
    if (const size_t end = emulator->find("://"); end != std::string::npos) {
      options.scheme = emulator->substr(0, end);
      emulator->erase(0, end + 3);
    }
    while (emulator->ends_with('/')) emulator->pop_back();
    options.endpoint_override = *emulator;
  }
  constexpr double kPatience = 30;  // seconds; Arrow's default is a quarter of an hour
  options.retry_limit_seconds = kPatience;
  FEAST_ARROW_ASSIGN(auto system, arrow::fs::GcsFileSystem::Make(options));
  return FileSystem(std::move(system));
}

Result<FileSystem> OpenAzure(const std::string& host, const ReadVariable& variable) {
  arrow::fs::AzureOptions options;
  const auto first_of = [&](std::initializer_list<const char*> names) {
    std::string value;
    for (const char* name : names) {
      if (value.empty()) value = variable(name).value_or("");
    }
    return value;
  };
  const std::string connection = first_of({"AZURE_STORAGE_CONNECTION_STRING"});
  std::string key = PartOf(connection, "AccountKey");
  std::string token = PartOf(connection, "SharedAccessSignature");
  options.account_name = host.substr(0, host.find('.'));
  if (options.account_name.empty()) options.account_name = PartOf(connection, "AccountName");
  if (options.account_name.empty()) {
    options.account_name = first_of({"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"});
  }
  if (options.account_name.empty()) {
    return Status::InvalidArgument(
        "the storage account is not known: write abfss://<container>@<account>.dfs.core.windows.net"
        "/…, or set AZURE_STORAGE_ACCOUNT_NAME");
  }
  if (const auto endpoint = PartOf(connection, "BlobEndpoint"); !endpoint.empty()) {
    TakeEndpoint(endpoint, &options);
  } else if (const size_t domain = host.find(".dfs."); domain != std::string::npos) {
    options.dfs_storage_authority = host.substr(domain);
    options.blob_storage_authority = ".blob." + host.substr(domain + 5);
  }
  if (key.empty()) key = first_of({"AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"});
  if (token.empty()) token = first_of({"AZURE_STORAGE_SAS_TOKEN"});
  if (!key.empty()) {
    FEAST_ARROW_RETURN_IF_ERROR(options.ConfigureAccountKeyCredential(key));
  } else if (!token.empty()) {
    FEAST_ARROW_RETURN_IF_ERROR(
        options.ConfigureSASCredential(token.starts_with('?') ? token : "?" + token));
  } else {
    FEAST_ARROW_RETURN_IF_ERROR(options.ConfigureDefaultCredential());
  }
  FEAST_ARROW_ASSIGN(auto system, arrow::fs::AzureFileSystem::Make(options));
  return FileSystem(std::move(system));
}

}  // namespace feast
