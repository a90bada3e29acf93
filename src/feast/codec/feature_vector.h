#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// Writes and reads feast.core.PrecomputedFeatureVector (storage.md §7.6) for one list of features:
/// all values that a feature service has for an entity, in one message.
///
/// Immutable, thread-safe. A vector that was written for the same list is read without looking at
/// its names one by one.
class FeatureVectorCodec {
 public:
  /// `views[i].second` are the features of the view labelled `views[i].first`. Stored names are
  /// always `label__feature`.
  explicit FeatureVectorCodec(
      const std::vector<std::pair<std::string, std::vector<std::string>>>& views);
  FeatureVectorCodec(FeatureVectorCodec&&) = default;
  FeatureVectorCodec& operator=(FeatureVectorCodec&&) = default;

  size_t features() const { return name_index_.size(); }
  size_t views() const { return views_.size(); }

  /// `values` are Value bytes in the order of the list (empty: null), `times` one a view (none:
  /// nothing is stored for the entity).
  void Append(std::span<const std::string_view> values,
              std::span<const std::optional<Micros>> times, Micros precomputed_at,
              std::string* out) const;

  /// Fills both spans, which are as long as `features()` and `views()`, with views into `bytes`.
  /// False for a vector of other features than the list's; DataLoss for a damaged one.
  Result<bool> Read(std::string_view bytes, std::span<std::string_view> values,
                    std::span<std::optional<Micros>> times) const;

 private:
  std::vector<std::string> views_;
  std::vector<size_t> view_ends_;  ///< where each view's features end in the list
  std::string names_;              ///< the field `feature_names` as it is written
  std::unordered_map<std::string_view, size_t> name_index_;
  std::vector<std::string> name_texts_;  ///< what the index points into
};

}  // namespace feast
