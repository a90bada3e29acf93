#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/serving_log/mismatch.h"

namespace feast {

/// What is to be compared.
struct ConsistencyRequest {
  std::string service;                ///< whose log is read
  std::vector<std::string> features;  ///< `view:feature`; none: all that are logged
  std::optional<Micros> since;        ///< of the time of the answers, both inclusive
  std::optional<Micros> until;
  int64_t sample = 10'000;  ///< rows at most, evenly spread; 0: all
  double tolerance = 0;     ///< of floats
};

/// How often served and replayed values of one feature agree.
struct FeatureConsistency {
  std::string feature;  ///< `view:feature`
  int64_t compared = 0;
  std::array<int64_t, 5> outcomes{};  ///< by number of Mismatch
  std::string example;                ///< the first value that differs; empty: none
  int64_t Count(Mismatch outcome) const { return outcomes[static_cast<size_t>(outcome)]; }
};

struct ConsistencyReport {
  int64_t logged_rows = 0;    ///< in the range of time
  int64_t compared_rows = 0;  ///< of the sample
  std::vector<FeatureConsistency> features;
  int64_t Compared() const;
  int64_t Mismatched() const;
};

/// Reads the log of a feature service and joins the offline store's features to its entity keys as
/// of the instants at which they were served, then compares value by value. Memory: the sample.
///
/// FailedPrecondition if the service logs nothing; NotFound if there is no log yet.
Result<ConsistencyReport> MeasureConsistency(FeatureStore& store, const CallContext& context,
                                             const ConsistencyRequest& request);

}  // namespace feast
