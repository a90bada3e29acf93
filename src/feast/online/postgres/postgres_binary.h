#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "feast/base/clock.h"

namespace feast {

/// Type numbers of PostgreSQL that we send. An array's is not its element's.
enum class PostgresType : uint32_t {
  kBytes = 17,
  kText = 25,
  kDouble = 701,
  kTime = 1184,
  kBytesArray = 1001,
  kTextArray = 1009,
  kDoubleArray = 1022,
  kTimeArray = 1185,
};

/// PostgreSQL counts microseconds from 2000-01-01 UTC, whatever the zone of the session.
/// Infinities and what lies beyond Micros become its ends.
Micros FromPostgresTime(std::string_view eight_bytes);

/// `text` without what a text of PostgreSQL cannot hold: NUL, and bytes that are no UTF-8.
std::string StorableText(std::string_view text);

/// A one-dimensional array in PostgreSQL's binary form. Thread-compatible.
class PostgresArray {
 public:
  explicit PostgresArray(PostgresType element);

  void Reserve(size_t bytes) { bytes_.reserve(bytes); }
  void AppendBytes(std::string_view bytes);
  void AppendTime(Micros time);
  void AppendDouble(double number);
  void AppendNull();

  size_t size() const { return bytes_.size(); }
  std::string Finish() &&;

 private:
  std::string bytes_;
  uint32_t count_ = 0;
  bool has_null_ = false;
};

}  // namespace feast
