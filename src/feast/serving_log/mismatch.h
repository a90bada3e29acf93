#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// A value as it was served; empty: null.
struct LoggedValue {
  std::string_view value;
  FieldStatus status = FieldStatus::kInvalid;
  Micros event_time = 0;  ///< whole seconds; 0: none
};

/// The same as the offline store has it for the same instant.
struct ReplayedValue {
  std::string_view value;
  std::optional<Micros> event_time;  ///< of the row that won; none: no row, or a computed feature
  std::optional<Micros> created;     ///< none: not known
};

/// Why they differ.
enum class Mismatch {
  kEqual,
  kLateData,         ///< the offline row was created after it was served
  kTtl,              ///< served, or kept back, because of its age
  kNotMaterialized,  ///< offline has a row that the online store should have had
  kOther
};

struct MismatchRules {
  Micros ttl = 0;        ///< 0: none
  double tolerance = 0;  ///< of floats, absolute; 0: to the bit
};

/// Compares Value bytes of one type. Pure.
Mismatch Compare(const LoggedValue& logged, const ReplayedValue& replayed, Micros served_at,
                 const MismatchRules& rules);

}  // namespace feast
