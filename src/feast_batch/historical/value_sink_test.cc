// Values of every Arrow type come to their entity rows, against arrow::compute::Take.
#include "feast_batch/historical/value_sink.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "feast_batch/point_in_time/as_of_join.h"

namespace feast {
namespace {

constexpr int64_t kSourceRows = 6;

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& json) {
  auto array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return *array;
}

std::vector<std::shared_ptr<arrow::Array>> ColumnsOfEveryType() {
  const std::string numbers = "[1, null, 3, 0, 5, 6]";
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& type :
       {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64(), arrow::uint8(),
        arrow::uint64(), arrow::float32(), arrow::float64(), arrow::date32(),
        arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::time64(arrow::TimeUnit::MICRO)}) {
    columns.push_back(FromJson(type, numbers));
  }
  columns.push_back(FromJson(arrow::boolean(), "[true, null, false, true, false, true]"));
  const std::string texts = R"(["a", null, "", "ddd", "eé", "f"])";
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::binary(), arrow::large_binary(),
        arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    columns.push_back(FromJson(type, texts));
  }
  const std::string decimals = R"(["1.25", null, "-3.50", "0.00", "5.75", "6.00"])";
  columns.push_back(FromJson(arrow::decimal128(20, 2), decimals));
  columns.push_back(FromJson(arrow::decimal256(50, 2), decimals));
  columns.push_back(
      FromJson(arrow::fixed_size_binary(3), R"(["abc", null, "def", "ghi", "jkl", "mno"])"));
  columns.push_back(FromJson(arrow::list(arrow::int64()), "[[1], null, [], [4, null], [5], [6]]"));
  columns.push_back(FromJson(arrow::fixed_size_list(arrow::float32(), 2),
                             "[[1, 2], null, [3, 4], [5, 6], [7, 8], [9, 0]]"));
  columns.push_back(
      FromJson(arrow::struct_({arrow::field("x", arrow::utf8())}),
               R"([{"x": "a"}, null, {"x": null}, {"x": "d"}, {"x": "e"}, {"x": "f"}])"));
  columns.push_back(FromJson(arrow::map(arrow::utf8(), arrow::int64()),
                             R"([[["a", 1]], null, [], [["d", 4]], [["e", 5]], [["f", 6]]])"));
  columns.push_back(FromJson(arrow::null(), "[null, null, null, null, null, null]"));
  return columns;
}

// The source has the column twice, as two groups, whose values arrive in batches of two rows, each
// group by a thread of its own.
std::shared_ptr<arrow::ChunkedArray> Sunk(const std::shared_ptr<arrow::Array>& column,
                                          const std::vector<uint64_t>& winners) {
  const Matched matched(winners);
  auto sink = MakeValueSink(column->type(), matched);
  EXPECT_TRUE(sink.ok());
  const auto add = [&](uint64_t group) {
    for (uint32_t first = 0; first < kSourceRows; first += 2) {
      std::vector<WonBy> won;
      for (uint32_t row = first; row < first + 2; ++row) {
        for (uint32_t entity = 0; entity < winners.size(); ++entity) {
          if (winners[entity] == group * kSourceRows + row) won.push_back({row, entity});
        }
      }
      EXPECT_TRUE((*sink)->Add(column->Slice(first, 2), first, won).ok());
    }
  };
  {
    const std::jthread other(add, 1);
    add(0);
  }
  auto out = (*sink)->Finish();
  EXPECT_TRUE(out.ok()) << out.status().ToString();
  return *out;
}

// Values are equal whatever their dictionaries.
std::shared_ptr<arrow::ChunkedArray> Plain(const std::shared_ptr<arrow::ChunkedArray>& column) {
  if (column->type()->id() != arrow::Type::DICTIONARY) return column;
  return arrow::compute::Cast(arrow::Datum(column), arrow::utf8())->chunked_array();
}

TEST(ValueSinkTest, ValuesOfEveryTypeComeToTheirEntityRows) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  std::mt19937 random(3);
  std::vector<std::vector<uint64_t>> cases = {{}, {kNoRow, kNoRow}, {0, 11, 0, 2, 3, 8}};
  for (const bool every_row_matches : {true, false}) {
    auto& winners = cases.emplace_back();
    for (int i = 0; i < 500; ++i) {
      const bool none = !every_row_matches && random() % 5 == 0;
      winners.push_back(none ? kNoRow : random() % (2 * kSourceRows));
    }
  }
  for (const auto& column : ColumnsOfEveryType()) {
    for (const auto& winners : cases) {
      arrow::Int64Builder indices;
      for (const uint64_t winner : winners) {
        ASSERT_TRUE((winner == kNoRow ? indices.AppendNull()
                                      : indices.Append(static_cast<int64_t>(winner % kSourceRows)))
                        .ok());
      }
      const auto expected = *arrow::compute::Take(*column, **indices.Finish());
      const auto sunk = Sunk(column, winners);
      ASSERT_TRUE(sunk->ValidateFull().ok()) << column->type()->ToString();
      EXPECT_TRUE(Plain(sunk)->Equals(*Plain(std::make_shared<arrow::ChunkedArray>(expected))))
          << column->type()->ToString() << ", " << winners.size() << " rows: " << sunk->ToString();
    }
  }
}

}  // namespace
}  // namespace feast
