#include "feast/serving_log/mismatch.h"

#include <cmath>

#include "feast/codec/iso_time.h"
#include "feast/codec/value_bytes.h"

namespace feast {
namespace {

bool Near(std::string_view left, std::string_view right, double tolerance) {
  if (tolerance <= 0 || left.empty() || right.empty()) return false;
  const auto type = TypeOfValueBytes(left);
  if (!type.ok() || (*type != ValueType::kFloat && *type != ValueType::kDouble)) return false;
  const auto a = TextAndNumberOf(left), b = TextAndNumberOf(right);
  return a.ok() && b.ok() && a->has_number && b->has_number &&
         std::abs(a->number - b->number) <= tolerance;
}

Micros WholeSeconds(Micros time) { return FloorDivide(time, kMicrosPerSecond) * kMicrosPerSecond; }

}  // namespace

Mismatch Compare(const LoggedValue& logged, const ReplayedValue& replayed, Micros served_at,
                 const MismatchRules& rules) {
  if (logged.value == replayed.value || Near(logged.value, replayed.value, rules.tolerance)) {
    return Mismatch::kEqual;
  }
  const bool was_there = logged.event_time != 0;
  const bool too_old = logged.status == FieldStatus::kOutsideMaxAge ||
                       (was_there && rules.ttl > 0 && logged.event_time < served_at - rules.ttl);
  if (!replayed.event_time) return too_old ? Mismatch::kTtl : Mismatch::kOther;
  const Micros newest = WholeSeconds(*replayed.event_time);
  if (was_there && newest < logged.event_time) return Mismatch::kOther;
  if (replayed.created && *replayed.created > served_at) return Mismatch::kLateData;
  if (!was_there || newest > logged.event_time) return Mismatch::kNotMaterialized;
  return too_old ? Mismatch::kTtl : Mismatch::kOther;
}

}  // namespace feast
