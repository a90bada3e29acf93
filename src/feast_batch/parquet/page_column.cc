#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <cstdint>
#include <vector>

#include "feast_batch/parquet/page_column_internal.h"

namespace feast {
namespace {

using parquet::Encoding;

bool IsDictionary(Encoding::type encoding) {
  return encoding == Encoding::RLE_DICTIONARY || encoding == Encoding::PLAIN_DICTIONARY;
}

template <typename Type>
class TypedPageColumn final : public PageColumn {
 public:
  using Value = typename Type::c_type;

  TypedPageColumn(const parquet::ColumnDescriptor* column,
                  std::unique_ptr<parquet::PageReader> pages, std::shared_ptr<arrow::DataType> type)
      : column_(column), pages_(std::move(pages)), type_(std::move(type)), levels_(1) {}

  int64_t Load() override {
    while (left_ == 0) {
      page_ = pages_->NextPage();
      if (!page_) return 0;
      if (page_->type() == parquet::PageType::DICTIONARY_PAGE) {
        SetDictionary(static_cast<const parquet::DictionaryPage&>(*page_));
      } else if (page_->type() == parquet::PageType::DATA_PAGE) {
        const auto& page = static_cast<const parquet::DataPageV1&>(*page_);
        const auto set = [&] {
          return levels_.SetData(page.definition_level_encoding(), 1, page.num_values(),
                                 page.data(), page.size());
        };
        SetPage(page, column_->max_definition_level() == 0 ? 0 : set());
        if (has_nulls_) set();
      } else if (page_->type() == parquet::PageType::DATA_PAGE_V2) {
        const auto& page = static_cast<const parquet::DataPageV2&>(*page_);
        const int bytes =
            page.repetition_levels_byte_length() + page.definition_levels_byte_length();
        if (bytes > page.size()) throw parquet::ParquetException("levels beyond the page");
        const auto set = [&] {
          levels_.SetDataV2(page.definition_levels_byte_length(), 1, page.num_values(),
                            page.data() + page.repetition_levels_byte_length());
          return bytes;
        };
        SetPage(page, column_->max_definition_level() == 0 ? bytes : set());
        if (has_nulls_) set();
      }
    }
    return left_;
  }

  std::shared_ptr<arrow::Array> Take(int64_t rows) override {
    left_ -= rows;
    if (has_nulls_) return TakeSpaced(rows);
    if (lent_) {
      const auto* from = lent_;
      lent_ += rows;
      return ArrayOf(rows, nullptr, reinterpret_cast<const uint8_t*>(from));
    }
    values_.resize(rows);
    if (decoder_->Decode(values_.data(), static_cast<int>(rows)) != rows) {
      throw parquet::ParquetException("a page has fewer values than it says");
    }
    return ArrayOf(rows, nullptr, reinterpret_cast<const uint8_t*>(values_.data()));
  }

 private:
  void SetDictionary(const parquet::DictionaryPage& page) {
    auto plain = parquet::MakeTypedDecoder<Type>(Encoding::PLAIN, column_);
    plain->SetData(page.num_values(), page.data(), page.size());
    dictionary_ = parquet::MakeDictDecoder<Type>(column_);
    dictionary_->SetDict(plain.get());
  }

  // A page whose values come after so many bytes of levels, which the decoder of levels has.
  void SetPage(const parquet::DataPage& page, int levels_bytes) {
    left_ = page.num_values();
    has_nulls_ = false;
    if (column_->max_definition_level() > 0) {
      const auto present = levels_.CountUpTo(1, static_cast<int>(left_));
      has_nulls_ = present.matching_count < left_;
    }
    const uint8_t* data = page.data() + levels_bytes;
    const int size = page.size() - levels_bytes;
    if (size < 0) throw parquet::ParquetException("levels beyond the page");
    lent_ = nullptr;
    const auto encoding = page.encoding();
    const bool aligned = reinterpret_cast<uintptr_t>(data) % alignof(Value) == 0;
    if (encoding == Encoding::PLAIN && !has_nulls_ && aligned) {
      if (size < left_ * static_cast<int64_t>(sizeof(Value))) {
        throw parquet::ParquetException("a page has fewer values than it says");
      }
      lent_ = reinterpret_cast<const Value*>(data);
      return;
    }
    if (IsDictionary(encoding)) {
      if (!dictionary_) throw parquet::ParquetException("a page without its dictionary");
      decoder_ = dictionary_.get();
    } else {
      other_ = parquet::MakeTypedDecoder<Type>(encoding, column_);
      decoder_ = other_.get();
    }
    decoder_->SetData(page.num_values(), data, size);
  }

  std::shared_ptr<arrow::Array> TakeSpaced(int64_t rows) {
    level_of_row_.resize(rows);
    if (levels_.Decode(static_cast<int>(rows), level_of_row_.data()) != rows) {
      throw parquet::ParquetException("a page has fewer levels than it says");
    }
    valid_.assign(arrow::bit_util::BytesForBits(rows), 0);
    int present = 0;
    for (int64_t row = 0; row < rows; ++row) {
      if (level_of_row_[row] == 0) continue;
      arrow::bit_util::SetBit(valid_.data(), row);
      ++present;
    }
    values_.assign(rows, Value{});
    const int count = static_cast<int>(rows);
    if (decoder_->DecodeSpaced(values_.data(), count, count - present, valid_.data(), 0) != rows) {
      throw parquet::ParquetException("a page has fewer values than it says");
    }
    return ArrayOf(rows, std::make_shared<arrow::Buffer>(valid_.data(), valid_.size()),
                   reinterpret_cast<const uint8_t*>(values_.data()));
  }

  std::shared_ptr<arrow::Array> ArrayOf(int64_t rows, std::shared_ptr<arrow::Buffer> valid,
                                        const uint8_t* values) const {
    const bool nulls = valid != nullptr;
    auto buffer = std::make_shared<arrow::Buffer>(values, rows * sizeof(Value));
    return arrow::MakeArray(arrow::ArrayData::Make(
        type_, rows, {std::move(valid), std::move(buffer)}, nulls ? arrow::kUnknownNullCount : 0));
  }

  const parquet::ColumnDescriptor* column_;
  std::unique_ptr<parquet::PageReader> pages_;
  const std::shared_ptr<arrow::DataType> type_;
  parquet::LevelDecoder levels_;
  std::unique_ptr<parquet::DictDecoder<Type>> dictionary_;
  std::unique_ptr<parquet::TypedDecoder<Type>> other_;
  parquet::TypedDecoder<Type>* decoder_ = nullptr;  // of this page
  std::shared_ptr<parquet::Page> page_;
  int64_t left_ = 0;             // rows of the page
  bool has_nulls_ = false;       // the page
  const Value* lent_ = nullptr;  // the page's own values; null: they are decoded
  std::vector<Value> values_;
  std::vector<int16_t> level_of_row_;
  std::vector<uint8_t> valid_;
};

// Whether what is stored are values of that Arrow type, bit by bit.
bool StoredAs(const parquet::ColumnDescriptor& column, const arrow::DataType& type) {
  const auto& logical = *column.logical_type();
  const auto is_int = [&](int width, bool is_signed) {
    if (!logical.is_int()) return is_signed && logical.is_none();
    const auto& as_int = static_cast<const parquet::IntLogicalType&>(logical);
    return as_int.bit_width() == width && as_int.is_signed() == is_signed;
  };
  const auto physical = column.physical_type();
  switch (type.id()) {
    case arrow::Type::INT32:
      return physical == parquet::Type::INT32 && is_int(32, true);
    case arrow::Type::UINT32:
      return physical == parquet::Type::INT32 && is_int(32, false);
    case arrow::Type::INT64:
      return physical == parquet::Type::INT64 && is_int(64, true);
    case arrow::Type::UINT64:
      return physical == parquet::Type::INT64 && is_int(64, false);
    case arrow::Type::FLOAT:
      return physical == parquet::Type::FLOAT && logical.is_none();
    case arrow::Type::DOUBLE:
      return physical == parquet::Type::DOUBLE && logical.is_none();
    case arrow::Type::DATE32:
      return physical == parquet::Type::INT32 && logical.is_date();
    case arrow::Type::TIMESTAMP: {
      if (physical != parquet::Type::INT64 || !logical.is_timestamp()) return false;
      const auto stored = static_cast<const parquet::TimestampLogicalType&>(logical).time_unit();
      const auto unit = static_cast<const arrow::TimestampType&>(type).unit();
      using Unit = parquet::LogicalType::TimeUnit;
      return (stored == Unit::MILLIS && unit == arrow::TimeUnit::MILLI) ||
             (stored == Unit::MICROS && unit == arrow::TimeUnit::MICRO) ||
             (stored == Unit::NANOS && unit == arrow::TimeUnit::NANO);
    }
    default:
      return false;
  }
}

}  // namespace

std::unique_ptr<PageColumn> MakePageColumn(parquet::ParquetFileReader& file, int group, int leaf,
                                           const std::shared_ptr<arrow::DataType>& type) {
  const parquet::ColumnDescriptor* column = file.metadata()->schema()->Column(leaf);
  if (column->max_repetition_level() > 0 || column->max_definition_level() > 1 ||
      column->path()->ToDotVector().size() != 1 || !StoredAs(*column, *type)) {
    return nullptr;
  }
  auto pages = file.RowGroup(group)->GetColumnPageReader(leaf);
  switch (column->physical_type()) {
    case parquet::Type::INT32:
      return std::make_unique<TypedPageColumn<parquet::Int32Type>>(column, std::move(pages), type);
    case parquet::Type::INT64:
      return std::make_unique<TypedPageColumn<parquet::Int64Type>>(column, std::move(pages), type);
    case parquet::Type::FLOAT:
      return std::make_unique<TypedPageColumn<parquet::FloatType>>(column, std::move(pages), type);
    default:
      return std::make_unique<TypedPageColumn<parquet::DoubleType>>(column, std::move(pages), type);
  }
}

}  // namespace feast
