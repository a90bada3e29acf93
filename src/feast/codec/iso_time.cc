#include "feast/codec/iso_time.h"

#include <chrono>

namespace feast {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

/// Eats text from the front; every method says whether it found what it wants.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool Literal(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  bool Digits(size_t count, int* out) {
    if (rest_.size() < count) return false;
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    *out = value;
    return true;
  }
  /// One to nine digits after the point, as micros; finer ones are cut.
  bool Fraction(int64_t* micros) {
    int64_t value = 0;
    size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      if (count < 6) value = value * 10 + (rest_[count] - '0');
    }
    if (count == 0 || count > 9) return false;
    for (size_t i = count; i < 6; ++i) value *= 10;
    rest_.remove_prefix(count);
    *micros = value;
    return true;
  }

 private:
  std::string_view rest_;
};

bool ReadDate(TextCursor* text, int64_t* days) {
  int year = 0, month = 0, day = 0;
  if (!text->Digits(4, &year) || !text->Literal("-") || !text->Digits(2, &month) ||
      !text->Literal("-") || !text->Digits(2, &day)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  *days = std::chrono::sys_days(date).time_since_epoch().count();
  return date.ok();
}

bool ReadTimeOfDay(TextCursor* text, int64_t* micros) {
  int hour = 0, minute = 0, second = 0;
  int64_t fraction = 0;
  if (!text->Digits(2, &hour) || !text->Literal(":") || !text->Digits(2, &minute)) return false;
  if (text->Literal(":")) {
    if (!text->Digits(2, &second)) return false;
    if ((text->Literal(".") || text->Literal(",")) && !text->Fraction(&fraction)) return false;
  }
  *micros = (hour * 3600LL + minute * 60 + second) * kMicrosPerSecond + fraction;
  return hour < 24 && minute < 60 && second < 60;
}

bool ReadZone(TextCursor* text, std::optional<int>* offset_minutes) {
  text->Literal(" ");
  if (text->Literal("Z") || text->Literal("z") || text->Literal("UTC")) {
    *offset_minutes = 0;
    return true;
  }
  const bool west = text->front() == '-';
  int hours = 0, minutes = 0;
  if (!text->Literal("+") && !text->Literal("-")) return false;
  if (!text->Digits(2, &hours)) return false;
  const bool colon = text->Literal(":");
  if ((colon || !text->done()) && !text->Digits(2, &minutes)) return false;
  *offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return hours < 24 && minutes < 60;
}

void AppendPadded(int64_t value, int width, std::string* out) {
  const std::string digits = std::to_string(value < 0 ? -value : value);
  if (value < 0) out->push_back('-');
  if (digits.size() < static_cast<size_t>(width)) out->append(width - digits.size(), '0');
  out->append(digits);
}

}  // namespace

Result<IsoTime> ParseIso8601(std::string_view text) {
  IsoTime time;
  TextCursor cursor(text);
  int64_t days = 0;
  int64_t micros = 0;
  bool good = ReadDate(&cursor, &days);
  if (good && !cursor.done() &&
      (cursor.Literal("T") || cursor.Literal("t") || cursor.Literal(" "))) {
    good = ReadTimeOfDay(&cursor, &micros);
    if (good && !cursor.done()) good = ReadZone(&cursor, &time.offset_minutes);
  }
  if (!good || !cursor.done()) {
    return Status::InvalidArgument("not an ISO 8601 time: '" + std::string(text) + "'");
  }
  time.utc = days * kSecondsPerDay * kMicrosPerSecond + micros -
             time.offset_minutes.value_or(0) * 60LL * kMicrosPerSecond;
  return time;
}

void AppendIsoDate(Micros time, std::string* out) {
  const int64_t days = FloorDivide(time, kSecondsPerDay * kMicrosPerSecond);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  AppendPadded(static_cast<int>(date.year()), 4, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.month()), 2, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.day()), 2, out);
}

void AppendIsoTime(Micros time, char separator, bool short_fraction, std::string* out) {
  // Times beyond what the calendar can name (year 32767) are held at its ends.
  constexpr Micros kLast = 900'000'000'000LL * kMicrosPerSecond;
  if (time > kLast) time = kLast;
  if (time < -kLast) time = -kLast;
  AppendIsoDate(time, out);
  const int64_t seconds = FloorDivide(time, kMicrosPerSecond);
  const int64_t of_day = seconds - FloorDivide(seconds, kSecondsPerDay) * kSecondsPerDay;
  out->push_back(separator);
  AppendPadded(of_day / 3600, 2, out);
  out->push_back(':');
  AppendPadded(of_day / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(of_day % 60, 2, out);
  const int64_t fraction = time - seconds * kMicrosPerSecond;
  if (fraction == 0) return;
  out->push_back('.');
  if (short_fraction && fraction % 1000 == 0) {
    AppendPadded(fraction / 1000, 3, out);
  } else {
    AppendPadded(fraction, 6, out);
  }
}

void AppendUtcOffset(int offset_seconds, std::string* out) {
  const int minutes = (offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60;
  out->push_back(offset_seconds < 0 ? '-' : '+');
  AppendPadded(minutes / 60, 2, out);
  out->push_back(':');
  AppendPadded(minutes % 60, 2, out);
}

}  // namespace feast
