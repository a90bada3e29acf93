#include "feast/definitions/names.h"

#include <algorithm>
#include <string>

namespace feast {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsNameCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '-';
}

}  // namespace

bool IsValidName(std::string_view name) {
  return !name.starts_with('_') && !name.starts_with('-') &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

Status CheckProjectName(std::string_view name) {
  if (!name.empty() && IsValidName(name)) return Status::OK();
  return Status::InvalidArgument(
      "Project name, " + std::string(name) +
      ", should only have alphanumerical values, underscores, and hyphens but not start with an "
      "underscore or hyphen.");
}

Status CheckViewName(std::string_view name) {
  if (name.empty()) return Status::InvalidArgument("Feature view needs a name.");
  const std::string quoted = "Feature view name '" + std::string(name) + "'";
  if (name.find('@') != std::string_view::npos) {
    return Status::InvalidArgument(quoted +
                                   " must not contain '@'. The '@' character is reserved for "
                                   "version-qualified references (e.g., 'fv@v2:feature').");
  }
  if (name.find(':') != std::string_view::npos) {
    return Status::InvalidArgument(
        quoted +
        " must not contain ':'. The ':' character is reserved as the separator in fully qualified "
        "feature references (e.g., 'feature_view:feature_name').");
  }
  return Status::OK();
}

Status ConflictingViewNames(std::string_view name, std::string_view existing_kind,
                            std::string_view new_kind) {
  const std::string quoted = "'" + std::string(name) + "'";
  const std::string existing(existing_kind);
  if (existing_kind == new_kind) {
    return Status::InvalidArgument(
        "Multiple " + existing + "s with name " + quoted +
            " found. Feature view names must be case-insensitively unique. It may be necessary to "
            "ignore certain files in your feature repository by using a .feastignore file.",
        ErrorKind::kConflictingFeatureViewNames);
  }
  return Status::InvalidArgument(
      "Feature view name " + quoted + " is already used by a " + existing + ". Cannot register a " +
          std::string(new_kind) +
          " with the same name. Feature view names must be unique across FeatureView, "
          "StreamFeatureView, and OnDemandFeatureView.",
      ErrorKind::kConflictingFeatureViewNames);
}

bool IsNameOrVersionOf(std::string_view name, std::string_view view) {
  if (!name.starts_with(view)) return false;
  name.remove_prefix(view.size());
  if (name.empty()) return true;
  return name.starts_with("_v") && name.size() > 2 &&
         name.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

bool SameNameIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace feast
