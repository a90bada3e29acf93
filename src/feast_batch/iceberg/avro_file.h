#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/iceberg/avro_schema.h"

namespace feast {

/// A value of an Avro file. Texts and bytes point into the block that is being read; a record is
/// its fields in the order of its type. Null stands for what was skipped, too.
struct AvroValue {
  using Parts = std::vector<AvroValue>;
  std::variant<std::monostate, bool, int64_t, double, std::string_view, Parts> value;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
};

/// A record with its type: its fields by name, null where the file has no such field.
struct AvroRecord {
  const AvroType& type;
  const AvroValue& value;

  const AvroValue* Find(std::string_view field) const;
  std::optional<int64_t> Long(std::string_view field) const;
  std::optional<std::string_view> Bytes(std::string_view field) const;
};

/// An Avro container file in memory, codecs null, deflate, snappy and zstandard.
///
/// Thread-compatible; the bytes must outlive it. Nothing that a file says makes it hold more than a
/// block unpacked (256 MiB at most) and four million values at a time. DataLoss for a file that is
/// damaged or cut off, wherever; Unimplemented for other codecs and types.
class AvroFile {
 public:
  static Result<AvroFile> Open(std::string_view bytes);

  /// Of its records; fields that are not wanted can be marked before Read.
  AvroType& schema() { return schema_; }

  /// Calls `row` for each record, in order, up to its first error.
  Status Read(const std::function<Status(const AvroRecord&)>& row) const;

 private:
  AvroFile() = default;

  AvroType schema_;
  std::string codec_;
  std::string_view sync_;
  std::string_view blocks_;
};

/// What was packed by that codec (null, deflate, snappy, zstandard, or gzip), DataLoss if it is
/// damaged or larger than `most`.
Result<std::string> UnpackAvro(std::string_view codec, std::string_view packed, size_t most);

}  // namespace feast
