#include "feast_batch/historical/value_sink.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <cstring>
#include <mutex>
#include <vector>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {
namespace {

// Bytes that are 0 or 1 as bits.
Result<std::shared_ptr<arrow::Buffer>> Bits(const std::vector<uint8_t>& bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  FEAST_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(size));
  uint8_t* to = bits->mutable_data();
  int64_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t eight;
    std::memcpy(&eight, &bytes[at], 8);
    to[at / 8] = static_cast<uint8_t>((eight * 0x0102040810204080ULL) >> 56);
  }
  for (; at < size; ++at) {
    if (bytes[at]) arrow::bit_util::SetBit(to, at);
  }
  return bits;
}

// Values of one size, each put where it belongs.
class FixedSink final : public ValueSink {
 public:
  FixedSink(std::shared_ptr<arrow::DataType> type, const Matched& matched)
      : type_(std::move(type)),
        width_(type_->id() == arrow::Type::BOOL ? 1 : type_->byte_width()),
        matched_(matched) {}

  Status Allocate() {
    FEAST_ARROW_ASSIGN(values_, arrow::AllocateBuffer(Rows() * width_));
    return Status::OK();
  }

  Status Add(const std::shared_ptr<arrow::Array>& values, uint32_t first_row,
             std::span<const WonBy> won) override {
    if (type_->id() == arrow::Type::BOOL) {
      const auto& bools = static_cast<const arrow::BooleanArray&>(*values);
      uint8_t* to = values_->mutable_data();
      for (const WonBy& winner : won) to[winner.entity] = bools.Value(winner.row - first_row);
    } else if (width_ == 8) {
      Scatter<8>(*values, first_row, won);
    } else if (width_ == 4) {
      Scatter<4>(*values, first_row, won);
    } else {
      Scatter<0>(*values, first_row, won);
    }
    if (values->null_count() > 0) AddNulls(*values, first_row, won);
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::ChunkedArray>> Finish() override {
    if (!matched_.all) {
      for (int64_t row = 0; row < Rows(); ++row) {  // nobody shall see what was in that memory
        if (!matched_.rows[row]) Clear(row);
      }
    }
    std::shared_ptr<arrow::Buffer> valid;
    if (!valid_.empty() || !matched_.all) {
      FEAST_ASSIGN_OR_RETURN(valid, Bits(valid_.empty() ? matched_.rows : valid_));
    }
    valid_ = {};
    if (type_->id() == arrow::Type::BOOL) {
      const std::vector<uint8_t> bytes(values_->data(), values_->data() + Rows());
      FEAST_ASSIGN_OR_RETURN(values_, Bits(bytes));
    }
    const auto data = arrow::ArrayData::Make(type_, Rows(), {std::move(valid), std::move(values_)});
    return std::make_shared<arrow::ChunkedArray>(arrow::MakeArray(data));
  }

 private:
  int64_t Rows() const { return static_cast<int64_t>(matched_.rows.size()); }
  void Clear(int64_t row) { std::memset(values_->mutable_data() + row * width_, 0, width_); }

  // Width 0: any.
  template <int Width>
  void Scatter(const arrow::Array& values, uint32_t first_row, std::span<const WonBy> won) {
    const int width = Width ? Width : width_;
    const uint8_t* from = values.data()->buffers[1]->data() + values.offset() * width;
    uint8_t* to = values_->mutable_data();
    for (const WonBy& winner : won) {
      std::memcpy(to + size_t{winner.entity} * width, from + size_t{winner.row - first_row} * width,
                  width);
    }
  }

  // A byte a row: bits of neighbours could not be cleared by two threads.
  void AddNulls(const arrow::Array& values, uint32_t first_row, std::span<const WonBy> won) {
    std::call_once(has_nulls_, [&] { valid_ = matched_.rows; });
    for (const WonBy& winner : won) {
      if (values.IsValid(winner.row - first_row)) continue;
      valid_[winner.entity] = 0;
      Clear(winner.entity);
    }
  }

  const std::shared_ptr<arrow::DataType> type_;
  const int width_;
  const Matched& matched_;
  std::shared_ptr<arrow::Buffer> values_;
  std::once_flag has_nulls_;
  std::vector<uint8_t> valid_;  // empty: as matched
};

// Anything else: values are kept as they come, and put in order at the end.
class AnySink final : public ValueSink {
 public:
  AnySink(std::shared_ptr<arrow::DataType> type, size_t rows)
      : type_(std::move(type)), places_(rows) {}

  Status Add(const std::shared_ptr<arrow::Array>& values, uint32_t first_row,
             std::span<const WonBy> won) override {
    if (won.empty()) return Status::OK();
    std::vector<int64_t> picks;
    picks.reserve(won.size());
    for (const WonBy& winner : won) picks.push_back(winner.row - first_row);
    const auto indices = RowIndices(std::move(picks));
    FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(*values, *indices));
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < won.size(); ++i) {
      places_[won[i].entity] = {static_cast<uint32_t>(chunks_.size()), static_cast<uint32_t>(i)};
    }
    chunks_.push_back(std::move(taken));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::ChunkedArray>> Finish() override {
    if (chunks_.empty()) {
      FEAST_ARROW_ASSIGN(auto nulls,
                         arrow::MakeArrayOfNull(type_, static_cast<int64_t>(places_.size())));
      return std::make_shared<arrow::ChunkedArray>(std::move(nulls));
    }
    switch (type_->id()) {
      case arrow::Type::STRING:
        return Texts<arrow::StringArray, arrow::StringBuilder>();
      case arrow::Type::BINARY:
        return Texts<arrow::BinaryArray, arrow::BinaryBuilder>();
      default:
        return Taken();
    }
  }

 private:
  struct Place {
    uint32_t chunk = kNowhere;
    uint32_t at = 0;
  };
  static constexpr uint32_t kNowhere = ~uint32_t{0};

  // In chunks, as one could hold too many bytes.
  template <typename ArrayType, typename Builder>
  Result<std::shared_ptr<arrow::ChunkedArray>> Texts() {
    constexpr int64_t kChunkBytes = int64_t{1} << 30;
    arrow::ArrayVector out;
    Builder builder(type_, arrow::default_memory_pool());
    FEAST_ARROW_RETURN_IF_ERROR(builder.Reserve(static_cast<int64_t>(places_.size())));
    for (const Place& place : places_) {
      if (builder.value_data_length() >= kChunkBytes) {
        FEAST_ARROW_RETURN_IF_ERROR(builder.Finish(&out.emplace_back()));
      }
      if (place.chunk == kNowhere || chunks_[place.chunk]->IsNull(place.at)) {
        FEAST_ARROW_RETURN_IF_ERROR(builder.AppendNull());
        continue;
      }
      const auto& chunk = static_cast<const ArrayType&>(*chunks_[place.chunk]);
      FEAST_ARROW_RETURN_IF_ERROR(builder.Append(chunk.GetView(place.at)));
    }
    FEAST_ARROW_RETURN_IF_ERROR(builder.Finish(&out.emplace_back()));
    chunks_.clear();
    return std::make_shared<arrow::ChunkedArray>(std::move(out), type_);
  }

  Result<std::shared_ptr<arrow::ChunkedArray>> Taken() {
    std::vector<int64_t> first;
    int64_t count = 0;
    for (const auto& chunk : chunks_) {
      first.push_back(count);
      count += chunk->length();
    }
    FEAST_ARROW_ASSIGN(const auto whole, arrow::Concatenate(chunks_));
    chunks_.clear();
    arrow::Int64Builder indices;
    FEAST_ARROW_RETURN_IF_ERROR(indices.Reserve(static_cast<int64_t>(places_.size())));
    for (const Place& place : places_) {
      if (place.chunk == kNowhere) {
        indices.UnsafeAppendNull();
      } else {
        indices.UnsafeAppend(first[place.chunk] + place.at);
      }
    }
    FEAST_ARROW_ASSIGN(const auto rows, indices.Finish());
    FEAST_ARROW_ASSIGN(
        auto taken,
        arrow::compute::Take(*whole, *rows, arrow::compute::TakeOptions::NoBoundsCheck()));
    return std::make_shared<arrow::ChunkedArray>(std::move(taken));
  }

  const std::shared_ptr<arrow::DataType> type_;
  std::mutex mutex_;
  arrow::ArrayVector chunks_;  // guarded by mutex_ while values come
  std::vector<Place> places_;  // of each entity row
};

}  // namespace

Matched::Matched(const std::vector<uint64_t>& winners) : rows(winners.size()) {
  for (size_t row = 0; row < winners.size(); ++row) {
    rows[row] = winners[row] != kNoRow;
    all = all && rows[row] != 0;
  }
}

Result<std::unique_ptr<ValueSink>> MakeValueSink(const std::shared_ptr<arrow::DataType>& type,
                                                 const Matched& matched) {
  if (!arrow::is_fixed_width(type->id()) || type->id() == arrow::Type::DICTIONARY) {
    return std::unique_ptr<ValueSink>(std::make_unique<AnySink>(type, matched.rows.size()));
  }
  auto sink = std::make_unique<FixedSink>(type, matched);
  FEAST_RETURN_IF_ERROR(sink->Allocate());
  return std::unique_ptr<ValueSink>(std::move(sink));
}

}  // namespace feast
