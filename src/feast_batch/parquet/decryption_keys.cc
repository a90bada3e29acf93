#include "feast_batch/parquet/decryption_keys.h"

#include <arrow/util/base64.h>
#include <arrow/util/secure_string.h>
#include <parquet/encryption/encryption.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace feast {
namespace {

constexpr const char* kSection = "native.parquet.decryption_keys";

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

}  // namespace

struct DecryptionKeys::Keys {
  Secret footer;
  std::map<std::string, Secret> columns;
};

DecryptionKeys::DecryptionKeys(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
DecryptionKeys::~DecryptionKeys() = default;

Result<std::shared_ptr<const DecryptionKeys>> DecryptionKeys::Read(const std::string& config_file,
                                                                   const std::string& repo_path,
                                                                   const Setting* native) {
  const Setting* section = native ? native->Find("parquet") : nullptr;
  if (!section || section->kind == Setting::Kind::kNull)
    return std::shared_ptr<const DecryptionKeys>();
  SettingsReader reader(config_file, "native.parquet", *section);
  const Setting* given = reader.Node("decryption_keys");
  FEAST_RETURN_IF_ERROR(reader.Finish());
  if (!given) return std::shared_ptr<const DecryptionKeys>();
  SettingsReader keys(config_file, kSection, *given);
  auto read = std::make_unique<Keys>();
  FEAST_ASSIGN_OR_RETURN(read->footer, KeyAt(&keys, config_file, repo_path, "footer"));
  if (const Setting* columns = keys.Node("columns")) {
    SettingsReader names(config_file, std::string(kSection) + ".columns", *columns);
    for (const auto& entry : columns->entries) {
      FEAST_ASSIGN_OR_RETURN(read->columns[entry.key],
                             KeyAt(&names, config_file, repo_path, entry.key));
    }
    FEAST_RETURN_IF_ERROR(names.Finish());
  }
  FEAST_RETURN_IF_ERROR(keys.Finish());
  return std::shared_ptr<const DecryptionKeys>(new DecryptionKeys(std::move(read)));
}

std::shared_ptr<parquet::FileDecryptionProperties> DecryptionKeys::ForOneFile() const {
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
