#include "feast_batch/point_in_time/event_times.h"

#include <arrow/array.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"

namespace feast {
namespace {

int64_t SaturatingMultiply(int64_t value, int64_t by) {
  int64_t out;
  if (!__builtin_mul_overflow(value, by, &out)) return out;
  return value < 0 ? std::numeric_limits<int64_t>::min() + 1 : std::numeric_limits<int64_t>::max();
}

}  // namespace

Tick TickOf(const arrow::DataType& type) {
  return type.id() == arrow::Type::TIMESTAMP &&
                 static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO
             ? Tick::kNanos
             : Tick::kMicros;
}

int64_t ToTicks(Micros time, Tick tick) {
  return tick == Tick::kNanos ? SaturatingMultiply(time, 1000) : time;
}

TickRange TickRange::Of(std::optional<Micros> start, std::optional<Micros> end, Tick tick) {
  TickRange range;
  if (start) range.from = ToTicks(*start, tick);
  if (end) range.to = ToTicks(*end, tick);
  if ((start || end) && range.from == kNoTime) ++range.from;
  return range;
}

Result<std::shared_ptr<arrow::ChunkedArray>> AsUtc(
    const std::shared_ptr<arrow::ChunkedArray>& column, const std::string& name) {
  const auto& type = *column->type();
  std::shared_ptr<arrow::DataType> utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const bool is_text = arrow::is_string(type.id());
  if (type.id() == arrow::Type::TIMESTAMP) {
    utc = arrow::timestamp(static_cast<const arrow::TimestampType&>(type).unit(), "UTC");
  } else if (!is_text && !arrow::is_date(type.id()) && type.id() != arrow::Type::NA) {
    return Status::InvalidArgument("column '" + name + "' is of type " + type.ToString() +
                                   ", not a timestamp");
  }
  if (type.Equals(*utc)) return column;
  if (type.id() == arrow::Type::TIMESTAMP) {
    FEAST_ARROW_ASSIGN(auto relabelled, column->View(utc));  // an instant is the same in every zone
    return relabelled;
  }
  auto cast = arrow::compute::Cast(arrow::Datum(column), utc);
  if (!cast.ok()) {  // texts without an offset, and dates
    const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
    cast = arrow::compute::Cast(arrow::Datum(column), naive);
    if (!cast.ok()) return FromArrow(cast.status()).Annotate("column '" + name + "'");
    FEAST_ARROW_ASSIGN(auto relabelled, cast->chunked_array()->View(utc));
    return relabelled;
  }
  return cast->chunked_array();
}

Result<std::vector<int64_t>> TicksOf(const arrow::ChunkedArray& column, Tick tick,
                                     const std::string& name) {
  auto shared = std::make_shared<arrow::ChunkedArray>(column.chunks(), column.type());
  FEAST_ASSIGN_OR_RETURN(const auto times, AsUtc(shared, name));
  const auto unit = static_cast<const arrow::TimestampType&>(*times->type()).unit();
  const int64_t per_second = tick == Tick::kNanos ? 1'000'000'000 : 1'000'000;
  const int64_t units = unit == arrow::TimeUnit::SECOND  ? 1
                        : unit == arrow::TimeUnit::MILLI ? 1000
                        : unit == arrow::TimeUnit::MICRO ? 1'000'000
                                                         : 1'000'000'000;
  const int64_t multiply = per_second / units;  // 0 cannot be: the tick is the finer one
  if (multiply == 0) return Status::Internal("time column '" + name + "' is finer than its tick");
  std::vector<int64_t> out(times->length());
  int64_t* to = out.data();
  for (const auto& chunk : times->chunks()) {
    const auto& values = static_cast<const arrow::TimestampArray&>(*chunk);
    if (multiply == 1 && values.null_count() == 0) {
      to = std::copy_n(values.raw_values(), values.length(), to);
      continue;
    }
    for (int64_t i = 0; i < values.length(); ++i) {
      *to++ = values.IsNull(i) ? kNoTime : SaturatingMultiply(values.Value(i), multiply);
    }
  }
  return out;
}

}  // namespace feast
