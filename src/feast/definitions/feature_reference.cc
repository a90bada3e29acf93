#include <charconv>

#include "feast/definitions/view_facts.h"

namespace feast {
namespace {

/// The number in "v12" or "V12".
std::optional<int> VersionNumber(std::string_view text) {
  if (text.size() < 2 || (text[0] != 'v' && text[0] != 'V')) return std::nullopt;
  const std::string_view digits = text.substr(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int version = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (parsed.ec != std::errc()) return std::nullopt;
  return version;
}

bool IsLatest(std::string_view text) {
  constexpr std::string_view kLatest = "latest";
  if (text.empty()) return true;
  if (text.size() != kLatest.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != kLatest[i]) return false;
  }
  return true;
}

}  // namespace

Result<FeatureReference> ParseFeatureReference(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Status::InvalidArgument("Invalid feature reference '" + std::string(text) +
                                   "'. Expected format: '<feature_view>:<feature>' or "
                                   "'<feature_view>@<version>:<feature>'");
  }
  FeatureReference reference;
  const std::string_view view = text.substr(0, colon);
  reference.feature = text.substr(colon + 1);
  reference.view = view;
  const size_t at = view.find('@');
  if (at == std::string_view::npos) return reference;
  // Upstream takes an unknown form of version for a part of the name, which then is not found.
  const std::string_view suffix = view.substr(at + 1);
  reference.version = VersionNumber(suffix);
  if (reference.version || IsLatest(suffix)) reference.view = view.substr(0, at);
  return reference;
}

}  // namespace feast
