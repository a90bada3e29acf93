#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include <array>
#include <bit>
#include <limits>

#include "feast/base/clock.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/stores/postgres/copy_decoder_internal.h"

namespace feast {
namespace {

constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
constexpr size_t kHeader = 19;  // signature, flags, length of the extension
constexpr Micros kEpoch = 946'684'800 * kMicrosPerSecond;  // 2000-01-01
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr Micros kMicrosPerDay = 86'400 * kMicrosPerSecond;

Status Broken() { return Status::DataLoss("PostgreSQL sent binary data that cannot be read"); }

template <typename Int>
Int Number(const char* bytes) {
  using Bits = std::make_unsigned_t<Int>;
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(Int); ++i) {
    bits = static_cast<Bits>(bits << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<Int>(bits);
}

// Takes numbers and values off the front; once something is missing, all is.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}
  bool ok() const { return ok_; }
  bool empty() const { return data_.empty(); }
  template <typename Int>
  Int Take() {
    if (data_.size() < sizeof(Int)) {
      ok_ = false;
      return 0;
    }
    const Int number = Number<Int>(data_.data());
    data_.remove_prefix(sizeof(Int));
    return number;
  }
  std::string_view Take(size_t size) {
    if (data_.size() < size) {
      ok_ = false;
      return {};
    }
    const auto taken = data_.substr(0, size);
    data_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view data_;
  bool ok_ = true;
};

// The server's infinities, and what lies beyond, are the ends.
Micros TimeOf(int64_t micros) { return micros > kMost - kEpoch ? kMost : micros + kEpoch; }

Micros DateOf(int32_t days) {
  if (days == std::numeric_limits<int32_t>::max()) return kMost;
  if (days == std::numeric_limits<int32_t>::min()) return std::numeric_limits<int64_t>::min();
  int64_t micros;
  return __builtin_mul_overflow(int64_t{days}, kMicrosPerDay, &micros) ? kMost : TimeOf(micros);
}

std::array<char, 36> UuidText(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 36> text{};
  size_t at = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 15];
  }
  return text;
}

template <PostgresForm Form>
struct Reader;

// What each form's values are appended to, how many bytes they have, and what they are.
#define FEAST_FORM(FORM, BUILDER, SIZE, VALUE)                  \
  template <>                                                   \
  struct Reader<PostgresForm::FORM> {                           \
    using Builder = arrow::BUILDER;                             \
    static constexpr size_t kSize = SIZE;                       \
    static auto Value(std::string_view bytes) { return VALUE; } \
  };
FEAST_FORM(kBool, BooleanBuilder, 1, bytes[0] != 0)
FEAST_FORM(kInt2, Int32Builder, 2, int32_t{Number<int16_t>(bytes.data())})
FEAST_FORM(kInt4, Int32Builder, 4, Number<int32_t>(bytes.data()))
FEAST_FORM(kInt8, Int64Builder, 8, Number<int64_t>(bytes.data()))
FEAST_FORM(kFloat4, FloatBuilder, 4, std::bit_cast<float>(Number<uint32_t>(bytes.data())))
FEAST_FORM(kFloat8, DoubleBuilder, 8, std::bit_cast<double>(Number<uint64_t>(bytes.data())))
FEAST_FORM(kDate, TimestampBuilder, 4, DateOf(Number<int32_t>(bytes.data())))
FEAST_FORM(kTime, TimestampBuilder, 8, Number<int64_t>(bytes.data()))
FEAST_FORM(kTimestamp, TimestampBuilder, 8, TimeOf(Number<int64_t>(bytes.data())))
FEAST_FORM(kTimestamptz, TimestampBuilder, 8, TimeOf(Number<int64_t>(bytes.data())))
FEAST_FORM(kText, StringBuilder, 0, bytes)
FEAST_FORM(kBytes, BinaryBuilder, 0, bytes)
#undef FEAST_FORM

template <>
struct Reader<PostgresForm::kUuid> {
  using Builder = arrow::StringBuilder;
  static constexpr size_t kSize = 16;
};

template <PostgresForm Form>
Status AppendTo(typename Reader<Form>::Builder& builder, std::string_view bytes) {
  using R = Reader<Form>;
  if (R::kSize != 0 && bytes.size() != R::kSize) return Broken();
  if constexpr (Form == PostgresForm::kUuid) {
    const auto text = UuidText(bytes);
    FEAST_ARROW_RETURN_IF_ERROR(builder.Append(std::string_view(text.data(), text.size())));
  } else {
    FEAST_ARROW_RETURN_IF_ERROR(builder.Append(R::Value(bytes)));
  }
  return Status::OK();
}

template <PostgresForm Form>
class ValueDecoder final : public ColumnDecoder {
 public:
  explicit ValueDecoder(const std::shared_ptr<arrow::DataType>& type)
      : builder_(type, arrow::default_memory_pool()) {}
  Status Append(std::string_view value) override { return AppendTo<Form>(builder_, value); }
  Status AppendNull() override { return FromArrow(builder_.AppendNull()); }
  Result<std::shared_ptr<arrow::Array>> Finish() override {
    FEAST_ARROW_ASSIGN(auto array, builder_.Finish());
    return array;
  }

 private:
  typename Reader<Form>::Builder builder_;
};

template <PostgresForm Form>
class ArrayDecoder final : public ColumnDecoder {
 public:
  explicit ArrayDecoder(const std::shared_ptr<arrow::DataType>& type)
      : items_(std::make_shared<typename Reader<Form>::Builder>(type->field(0)->type(),
                                                                arrow::default_memory_pool())),
        lists_(arrow::default_memory_pool(), items_, type) {}

  // Dimensions, whether there are nulls, type of the items; of each dimension size and first
  // index; then the items.
  Status Append(std::string_view value) override {
    Bytes bytes(value);
    const auto dimensions = bytes.Take<int32_t>();
    bytes.Take(8);
    if (dimensions > 1) {
      return Status::InvalidArgument("holds an array of " + std::to_string(dimensions) +
                                     " dimensions; only lists can be read");
    }
    FEAST_ARROW_RETURN_IF_ERROR(lists_.Append());
    if (dimensions == 0) return bytes.ok() ? Status::OK() : Broken();
    const auto count = bytes.Take<int32_t>();
    bytes.Take(4);
    for (int32_t i = 0; i < count && bytes.ok(); ++i) {
      const auto size = bytes.Take<int32_t>();
      if (size < 0) {
        FEAST_ARROW_RETURN_IF_ERROR(items_->AppendNull());
      } else {
        const auto item = bytes.Take(static_cast<size_t>(size));
        if (bytes.ok()) FEAST_RETURN_IF_ERROR(AppendTo<Form>(*items_, item));
      }
    }
    return bytes.ok() ? Status::OK() : Broken();
  }
  Status AppendNull() override { return FromArrow(lists_.AppendNull()); }
  Result<std::shared_ptr<arrow::Array>> Finish() override {
    FEAST_ARROW_ASSIGN(auto array, lists_.Finish());
    return array;
  }

 private:
  std::shared_ptr<typename Reader<Form>::Builder> items_;
  arrow::ListBuilder lists_;
};

template <PostgresForm Form>
std::unique_ptr<ColumnDecoder> Made(const PostgresColumnType& type) {
  if (type.is_array) return std::make_unique<ArrayDecoder<Form>>(ArrowTypeOf(type));
  return std::make_unique<ValueDecoder<Form>>(ArrowTypeOf(type));
}

}  // namespace

std::unique_ptr<ColumnDecoder> MakeColumnDecoder(const PostgresColumnType& type) {
  switch (type.form) {
#define FEAST_CASE(FORM)   \
  case PostgresForm::FORM: \
    return Made<PostgresForm::FORM>(type);
    FEAST_CASE(kBool)
    FEAST_CASE(kInt2)
    FEAST_CASE(kInt4)
    FEAST_CASE(kInt8)
    FEAST_CASE(kFloat4)
    FEAST_CASE(kFloat8)
    FEAST_CASE(kText)
    FEAST_CASE(kBytes)
    FEAST_CASE(kDate)
    FEAST_CASE(kTime)
    FEAST_CASE(kTimestamp)
    FEAST_CASE(kTimestamptz)
    FEAST_CASE(kUuid)
#undef FEAST_CASE
  }
  return nullptr;
}

CopyDecoder::CopyDecoder(std::vector<std::string> names,
                         const std::vector<PostgresColumnType>& types)
    : names_(std::move(names)) {
  for (const auto& type : types) columns_.push_back(MakeColumnDecoder(type));
}

Status CopyDecoder::Append(std::string_view data) {
  Bytes bytes(data);
  if (!header_read_) {
    if (!bytes.Take(kHeader).starts_with(kSignature)) return Broken();
    header_read_ = true;
  }
  while (bytes.ok() && !bytes.empty()) {
    const auto count = bytes.Take<int16_t>();
    if (count == -1) return bytes.empty() ? Status::OK() : Broken();  // the end
    if (count != static_cast<int16_t>(columns_.size())) return Broken();
    for (size_t at = 0; at < columns_.size(); ++at) {
      const auto size = bytes.Take<int32_t>();
      const auto value = size < 0 ? std::string_view() : bytes.Take(static_cast<size_t>(size));
      if (!bytes.ok()) return Broken();
      Status appended = size < 0 ? columns_[at]->AppendNull() : columns_[at]->Append(value);
      if (!appended.ok()) return appended.Annotate("column '" + names_[at] + "'");
    }
    ++rows_;
  }
  return bytes.ok() ? Status::OK() : Broken();
}

Result<std::vector<std::shared_ptr<arrow::Array>>> CopyDecoder::Finish() {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& column : columns_) {
    FEAST_ASSIGN_OR_RETURN(auto array, column->Finish());
    arrays.push_back(std::move(array));
  }
  rows_ = 0;
  return arrays;
}

}  // namespace feast
