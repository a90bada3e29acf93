#include "feast_batch/stores/postgres/postgres_text.h"

#include "feast/base/sql_text.h"
#include "feast/codec/value_json.h"

namespace feast {
namespace {

// The years 1 to 9999, which have four digits.
constexpr Micros kFirst = -62'135'596'800 * kMicrosPerSecond;
constexpr Micros kLast = 253'402'300'800 * kMicrosPerSecond;

}  // namespace

std::string PostgresTime(Micros time) {
  std::string text;
  if (time < kFirst) {
    text = "-infinity";
  } else if (time >= kLast) {
    text = "infinity";
  } else {
    AppendRfc3339(time, &text);
  }
  return SqlText(text) + "::timestamptz";
}

std::string PostgresInterval(Micros span) {
  return "interval '" + std::to_string(span) + " microseconds'";
}

std::string PostgresBounds(const std::string& expression, std::optional<Micros> from,
                           std::optional<Micros> to) {
  std::string out;
  if (from) out += " AND " + expression + " >= " + PostgresTime(*from);
  if (to) out += " AND " + expression + " <= " + PostgresTime(*to);
  return out;
}

std::string PostgresInstant(const std::string& expression, PostgresForm form) {
  if (form == PostgresForm::kTimestamptz) return expression;
  return "(" + expression + "::timestamp AT TIME ZONE 'UTC')";
}

}  // namespace feast
