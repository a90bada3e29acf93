#include "feast/registry/versions.h"

#include <algorithm>
#include <charconv>

#include "feast/base/uuid.h"
#include "feast/registry/times.h"

namespace feast {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool IsOf(const core::FeatureViewVersionRecord& record, std::string_view project,
          std::string_view view) {
  return record.feature_view_name() == view && record.project_id() == project;
}

}  // namespace

Result<std::optional<int>> ParseVersion(std::string_view version) {
  const std::string lower = Lower(version);
  if (lower.empty() || lower == "latest") return std::optional<int>();
  std::string_view digits = lower;
  if (digits.starts_with("version")) {
    digits.remove_prefix(7);
  } else if (digits.starts_with("v")) {
    digits.remove_prefix(1);
  } else {
    digits = {};
  }
  int number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || error != std::errc() || stop != end || number < 0) {
    return Status::InvalidArgument("Invalid version string '" + std::string(version) +
                                   "'. Expected 'latest', 'vN', or 'versionN' (e.g. 'v2', "
                                   "'version3').");
  }
  return std::optional<int>(number);
}

std::string NormalizeVersion(std::string_view version) {
  const auto parsed = ParseVersion(version);
  if (!parsed.ok()) return std::string(version);
  return parsed->has_value() ? "v" + std::to_string(**parsed) : "latest";
}

int NextVersionNumber(const core::Registry& registry, std::string_view project,
                      std::string_view view) {
  int newest = -1;
  for (const auto& record : registry.feature_view_version_history().records()) {
    if (IsOf(record, project, view)) newest = std::max(newest, record.version_number());
  }
  return newest + 1;
}

const core::FeatureViewVersionRecord* FindVersion(const core::Registry& registry,
                                                  std::string_view project, std::string_view view,
                                                  int version) {
  for (const auto& record : registry.feature_view_version_history().records()) {
    if (IsOf(record, project, view) && record.version_number() == version) return &record;
  }
  return nullptr;
}

void RecordVersion(core::Registry* registry, VersionSnapshot snapshot, Micros now) {
  auto* record = registry->mutable_feature_view_version_history()->add_records();
  record->set_feature_view_name(std::move(snapshot.view));
  record->set_project_id(std::move(snapshot.project));
  record->set_version_number(snapshot.number);
  record->set_feature_view_type(std::move(snapshot.view_type));
  record->set_feature_view_proto(std::move(snapshot.bytes));
  record->set_version_id(RandomUuid());
  *record->mutable_created_timestamp() = ToTimestamp(now);
}

void ForgetVersions(core::Registry* registry, std::string_view project, std::string_view view) {
  if (!registry->has_feature_view_version_history()) return;
  auto* records = registry->mutable_feature_view_version_history()->mutable_records();
  for (int i = records->size() - 1; i >= 0; --i) {
    if (IsOf(records->Get(i), project, view)) records->DeleteSubrange(i, 1);
  }
}

}  // namespace feast
