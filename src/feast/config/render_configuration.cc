#include <algorithm>
#include <array>

#include "feast/config/repo_config.h"

namespace feast {
namespace {

using Kind = Setting::Kind;

/// Upstream's order of the keys it knows; others follow in file order.
constexpr std::array<std::string_view, 17> kOrder = {"project",
                                                     "project_description",
                                                     "provider",
                                                     "registry",
                                                     "online_store",
                                                     "auth",
                                                     "offline_store",
                                                     "batch_engine",
                                                     "feature_server",
                                                     "embedding_model",
                                                     "flags",
                                                     "entity_key_serialization_version",
                                                     "coerce_tz_aware",
                                                     "materialization",
                                                     "openlineage",
                                                     "mlflow",
                                                     "data_quality_monitoring"};

bool NeedsQuotes(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return true;
  if (!Setting::Scalar(text).IsString()) return true;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return true;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=<";
  if (kIndicators.find(text[0]) != std::string_view::npos &&
      !(text[0] == '-' && text.size() > 1 && text[1] != ' ')) {
    return true;
  }
  // Dates and base-60 numbers would be read back as such.
  const bool is_time = text.find_first_not_of("0123456789-:.TtZz+ ") == std::string::npos;
  if (is_time && (text.find(':') != std::string::npos || (text.size() >= 8 && text[4] == '-'))) {
    return true;
  }
  return text.find(": ") != std::string::npos || text.find(" #") != std::string::npos;
}

std::string DoubleQuoted(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string RenderScalar(const Setting& setting) {
  if (!setting.IsString()) {
    if (setting.scalar_type() != Setting::ScalarType::kBool) return setting.text;
    const char last = static_cast<char>(setting.text.back() | 0x20);
    const bool yes =
        setting.text.size() == 4 || last == 's' || (setting.text.size() == 2 && last == 'n');
    return yes ? "true" : "false";
  }
  const std::string& text = setting.text;
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return DoubleQuoted(text);
  }
  if (!NeedsQuotes(text)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

void Render(const Setting& setting, int indent, std::string* out);

void RenderEntry(const std::string& key, const Setting& value, int indent, std::string* out) {
  out->append(static_cast<size_t>(indent), ' ');
  *out += RenderScalar(Setting::Scalar(key)) + ":";
  if (value.kind == Kind::kMap && !value.entries.empty()) {
    *out += '\n';
    Render(value, indent + 2, out);
  } else if (value.kind == Kind::kList && !value.items.empty()) {
    *out += '\n';
    Render(value, indent, out);
  } else {
    *out += ' ';
    Render(value, 0, out);
  }
}

/// A block at `indent`, or for what has no block form one word and a line end.
void Render(const Setting& setting, int indent, std::string* out) {
  switch (setting.kind) {
    case Kind::kNull:
      *out += "null\n";
      return;
    case Kind::kScalar:
      *out += RenderScalar(setting) + "\n";
      return;
    case Kind::kList:
      if (setting.items.empty()) *out += "[]\n";
      for (const Setting& item : setting.items) {
        std::string block;
        Render(item, indent + 2, &block);
        const bool nested = block.starts_with(std::string(static_cast<size_t>(indent) + 2, ' '));
        out->append(static_cast<size_t>(indent), ' ');
        *out += "- " + (nested ? block.substr(static_cast<size_t>(indent) + 2) : block);
      }
      return;
    case Kind::kMap:
      if (setting.entries.empty()) *out += "{}\n";
      for (const auto& [key, value] : setting.entries) RenderEntry(key, value, indent, out);
      return;
  }
}

/// The file's own entry, or upstream's default for the keys that it always prints.
std::optional<Setting> Resolved(const RepoConfig& config, std::string_view key) {
  const Setting* given = config.root.Find(key);
  if (key == "batch_engine" && !given) given = config.root.Find("batch_engine_config");
  const std::string_view type = key == "online_store"     ? "sqlite"
                                : key == "offline_store"  ? "dask"
                                : key == "feature_server" ? "local"
                                                          : "";
  if (given) {
    if (key == "online_store" && config.online_store_type.empty()) return Setting();
    if (!type.empty() && given->kind == Kind::kMap && !given->Find("type")) {
      Setting typed = *given;
      typed.entries.push_back({"type", Setting::Scalar(std::string(type))});
      return typed;
    }
    return *given;
  }
  if (!type.empty() && key != "feature_server") return Setting::Scalar(std::string(type));
  if (key == "batch_engine") return Setting::Scalar("local");
  if (key == "auth") return Setting::Map({{"type", Setting::Scalar("no_auth")}});
  return std::nullopt;
}

}  // namespace

Result<std::string> RenderConfiguration(const RepoConfig& config) {
  std::string text;
  for (const std::string_view key : kOrder) {
    if (const auto value = Resolved(config, key)) RenderEntry(std::string(key), *value, 0, &text);
  }
  for (const auto& [key, value] : config.root.entries) {
    if (key == "repo_path" || key == "batch_engine_config") continue;
    if (std::find(kOrder.begin(), kOrder.end(), key) != kOrder.end()) continue;
    RenderEntry(key, value, 0, &text);
  }
  return text;
}

}  // namespace feast
