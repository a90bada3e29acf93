#include "feast_batch/parquet/decryption_keys.h"

#include <arrow/util/base64.h>
#include <arrow/util/secure_string.h>
#include <parquet/encryption/encryption.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "feast_batch/parquet/wrapped_keys_internal.h"

namespace feast {
namespace {

constexpr const char* kParquet = "native.parquet";

using Secret = arrow::util::SecureString;

std::optional<std::string> TextAt(const std::string& reference, const std::string& repo_path) {
  if (reference.starts_with("env:")) {
    const char* value = std::getenv(reference.c_str() + 4);
    return value ? std::optional<std::string>(value) : std::nullopt;
  }
  std::ifstream file(std::filesystem::path(repo_path) / reference.substr(5));
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<Secret> KeyAt(SettingsReader* reader, const std::string& config_file,
                     const std::string& repo_path, const std::string& key) {
  FEAST_ASSIGN_OR_RETURN(const std::string reference, reader->String(key, std::nullopt));
  const auto wrong = [&](const std::string& what) {
    return ConfigError(config_file, reader->LineOf(key), reader->PathOf(key) + ": " + what);
  };
  if (!reference.starts_with("env:") && !reference.starts_with("file:")) {
    return wrong("expected env:NAME or file:PATH, where the key is found, not a key");
  }
  auto text = TextAt(reference, repo_path);
  if (!text) return wrong("there is no " + reference);
  while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back()))) text->pop_back();
  auto bytes = arrow::util::base64_decode(*text);
  Secret::SecureClear(&*text);
  if (!bytes.ok() || (bytes->size() != 16 && bytes->size() != 24 && bytes->size() != 32)) {
    return wrong(reference + " is not base64 of 16, 24 or 32 bytes");
  }
  return Secret(*std::move(bytes));
}

Result<std::map<std::string, Secret>> KeysByName(const std::string& config_file,
                                                 const std::string& repo_path,
                                                 const std::string& path, const Setting& section) {
  std::map<std::string, Secret> keys;
  SettingsReader names(config_file, path, section);
  for (const auto& entry : section.entries) {
    FEAST_ASSIGN_OR_RETURN(keys[entry.key], KeyAt(&names, config_file, repo_path, entry.key));
  }
  FEAST_RETURN_IF_ERROR(names.Finish());
  return keys;
}

}  // namespace

struct DecryptionKeys::Keys {
  Secret footer;
  std::map<std::string, Secret> columns;
  std::unique_ptr<WrappedKeys> wrapped;  // null: the keys above
};

DecryptionKeys::DecryptionKeys(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
DecryptionKeys::~DecryptionKeys() = default;

Result<std::shared_ptr<const DecryptionKeys>> DecryptionKeys::Read(const std::string& config_file,
                                                                   const std::string& repo_path,
                                                                   const Setting* native) {
  const Setting* section = native ? native->Find("parquet") : nullptr;
  if (!section || section->kind == Setting::Kind::kNull)
    return std::shared_ptr<const DecryptionKeys>();
  SettingsReader reader(config_file, kParquet, *section);
  const Setting* given = reader.Node("decryption_keys");
  const Setting* masters = reader.Node("master_keys");
  FEAST_RETURN_IF_ERROR(reader.Finish());
  if (!given && !masters) return std::shared_ptr<const DecryptionKeys>();
  auto read = std::make_unique<Keys>();
  if (masters) {
    const std::string path = reader.PathOf("master_keys");
    if (given) {
      return ConfigError(config_file, reader.LineOf("master_keys"),
                         path + " and " + reader.PathOf("decryption_keys") +
                             " cannot both be given: a file is read by either");
    }
    FEAST_ASSIGN_OR_RETURN(auto keys, KeysByName(config_file, repo_path, path, *masters));
    read->wrapped = std::make_unique<WrappedKeys>(std::move(keys));
    return std::shared_ptr<const DecryptionKeys>(new DecryptionKeys(std::move(read)));
  }
  const std::string path = reader.PathOf("decryption_keys");
  SettingsReader keys(config_file, path, *given);
  FEAST_ASSIGN_OR_RETURN(read->footer, KeyAt(&keys, config_file, repo_path, "footer"));
  if (const Setting* columns = keys.Node("columns")) {
    FEAST_ASSIGN_OR_RETURN(read->columns,
                           KeysByName(config_file, repo_path, path + ".columns", *columns));
  }
  FEAST_RETURN_IF_ERROR(keys.Finish());
  return std::shared_ptr<const DecryptionKeys>(new DecryptionKeys(std::move(read)));
}

std::shared_ptr<parquet::FileDecryptionProperties> DecryptionKeys::ForOneFile(
    const std::string& path, const std::shared_ptr<arrow::fs::FileSystem>& system) const {
  if (keys_->wrapped) return keys_->wrapped->ForOneFile(path, system);
  parquet::ColumnPathToDecryptionPropertiesMap columns;
  for (const auto& [name, key] : keys_->columns) {
    columns[name] = parquet::ColumnDecryptionProperties::Builder(name).key(key)->build();
  }
  parquet::FileDecryptionProperties::Builder builder;
  builder.footer_key(keys_->footer)->plaintext_files_allowed();
  if (!columns.empty()) builder.column_keys(std::move(columns));
  return builder.build();
}

}  // namespace feast
