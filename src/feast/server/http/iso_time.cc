#include "feast/server/http/iso_time.h"

#include <chrono>

namespace feast {
namespace {

/// Takes exactly `digits` digits from the front.
std::optional<int> TakeNumber(std::string_view* text, size_t digits) {
  if (text->size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text->remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

/// A fraction of a second; digits beyond microseconds are dropped.
std::optional<Micros> TakeFraction(std::string_view* text) {
  Micros micros = 0;
  Micros unit = kMicrosPerSecond;
  size_t digits = 0;
  for (; auto digit = TakeNumber(text, 1); ++digits) {
    unit /= 10;
    micros += *digit * unit;
  }
  return digits == 0 ? std::nullopt : std::optional(micros);
}

std::optional<Micros> TakeTimeOfDay(std::string_view* text) {
  const auto hour = TakeNumber(text, 2);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  Micros micros = (*hour * 60 + *minute) * 60 * kMicrosPerSecond;
  if (!TakeChar(text, ':')) return micros;
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 59) return std::nullopt;
  micros += *second * kMicrosPerSecond;
  if (!TakeChar(text, '.')) return micros;
  const auto fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  return micros + *fraction;
}

std::optional<Micros> TakeZone(std::string_view* text) {
  if (text->empty() || TakeChar(text, 'Z') || TakeChar(text, 'z')) return 0;
  const bool west = text->front() == '-';
  if (!west && text->front() != '+') return std::nullopt;
  text->remove_prefix(1);
  const auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (!text->empty()) {
    TakeChar(text, ':');
    const auto taken = TakeNumber(text, 2);
    if (!taken || *taken > 59) return std::nullopt;
    minutes = *taken;
  }
  const Micros offset = (*hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return west ? -offset : offset;
}

}  // namespace

std::optional<Micros> ParseIsoTime(std::string_view text) {
  const auto year = TakeNumber(&text, 4);
  if (!year || !TakeChar(&text, '-')) return std::nullopt;
  const auto month = TakeNumber(&text, 2);
  if (!month || !TakeChar(&text, '-')) return std::nullopt;
  const auto day = TakeNumber(&text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  Micros micros = std::chrono::microseconds(std::chrono::sys_days(date).time_since_epoch()).count();
  if (!text.empty()) {
    if (!TakeChar(&text, 'T') && !TakeChar(&text, ' ')) return std::nullopt;
    const auto time = TakeTimeOfDay(&text);
    if (!time) return std::nullopt;
    const auto offset = TakeZone(&text);
    if (!offset || !text.empty()) return std::nullopt;
    micros += *time - *offset;
  }
  return micros;
}

}  // namespace feast
