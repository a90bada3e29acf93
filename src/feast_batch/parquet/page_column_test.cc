// Every way in which numbers and times are stored, against the table that was written.
#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <random>

#include "feast_batch/parquet/page_column_internal.h"

namespace feast {
namespace {

using Column = std::shared_ptr<arrow::Array>;
constexpr int64_t kRows = 20'000;

enum class Nulls { kNone, kSome, kMost, kAll };

Column Numbers(Nulls nulls, int64_t distinct) {
  std::mt19937_64 random(7);
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < kRows; ++row) {
    // Runs of nulls as well as single ones, and pages without any.
    const bool null = nulls == Nulls::kAll || (nulls == Nulls::kMost && random() % 10 != 0) ||
                      (nulls == Nulls::kSome && row > 8'000 && (row / 50 + row % 3) % 4 == 0);
    if (null) {
      EXPECT_TRUE(builder.AppendNull().ok());
    } else {
      EXPECT_TRUE(builder.Append(static_cast<int64_t>(random() % distinct)).ok());
    }
  }
  return *builder.Finish();
}

Column As(const Column& numbers, const std::shared_ptr<arrow::DataType>& type) {
  return *arrow::compute::Cast(*numbers, type);
}

std::shared_ptr<arrow::Buffer> Written(const Column& column, bool nullable,
                                       const std::shared_ptr<parquet::WriterProperties>& how) {
  const auto schema = arrow::schema({arrow::field("c", column->type(), nullable)});
  const auto table = arrow::Table::Make(schema, {column});
  const auto sink = *arrow::io::BufferOutputStream::Create();
  EXPECT_TRUE(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, kRows, how).ok());
  return *sink->Finish();
}

// What the pages give, in steps of some rows; null if they are of another kind.
Column Read(const std::shared_ptr<arrow::Buffer>& bytes, int64_t step,
            const std::shared_ptr<arrow::DataType>& type) {
  const auto file =
      parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(bytes));
  const auto pages = MakePageColumn(*file, 0, 0, type);
  if (!pages) return nullptr;
  arrow::ArrayVector parts;
  while (const int64_t at_hand = pages->Load()) {
    const auto part = pages->Take(std::min(step, at_hand));
    EXPECT_TRUE(part->ValidateFull().ok());
    // Copied: the next call may use the memory again.
    parts.push_back(*arrow::Concatenate({part, *arrow::MakeEmptyArray(type)}));
  }
  return parts.empty() ? *arrow::MakeEmptyArray(type) : *arrow::Concatenate(parts);
}

class PageColumnTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(arrow::compute::Initialize().ok()); }

  // All pages, however they are written.
  static void Check(const Column& column, const std::vector<parquet::Encoding::type>& encodings) {
    for (const bool nullable : {true, false}) {
      if (!nullable && column->null_count() > 0) continue;
      for (const auto version :
           {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
        for (const int64_t page_size : {1 << 20, 5'003}) {
          for (const auto encoding : encodings) {
            parquet::WriterProperties::Builder how;
            how.data_page_version(version)->data_pagesize(page_size)->compression(
                parquet::Compression::SNAPPY);
            if (encoding == parquet::Encoding::RLE_DICTIONARY) {
              how.enable_dictionary()->dictionary_pagesize_limit(40'000);
            } else {
              how.disable_dictionary()->encoding(encoding);
            }
            const auto bytes = Written(column, nullable, how.build());
            for (const int64_t step : {int64_t{1} << 16, int64_t{777}}) {
              const auto read = Read(bytes, step, column->type());
              ASSERT_TRUE(read) << column->type()->ToString();
              EXPECT_TRUE(read->Equals(*column))
                  << column->type()->ToString() << ", encoding " << encoding << ", page of "
                  << page_size << ", nullable " << nullable << ", by " << step;
            }
          }
        }
      }
    }
  }
};

TEST_F(PageColumnTest, NumbersAndTimesInEveryEncoding) {
  using parquet::Encoding;
  for (const Nulls nulls : {Nulls::kNone, Nulls::kSome, Nulls::kMost, Nulls::kAll}) {
    for (const int64_t distinct :
         {int64_t{50}, int64_t{1} << 30}) {  // the latter leaves its dictionary
      const auto numbers = Numbers(nulls, distinct);
      for (const auto& type :
           {arrow::int64(), arrow::uint64(), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
            arrow::timestamp(arrow::TimeUnit::MILLI), arrow::timestamp(arrow::TimeUnit::NANO)}) {
        Check(As(numbers, type), {Encoding::PLAIN, Encoding::RLE_DICTIONARY,
                                  Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT});
      }
      for (const auto& type : {arrow::int32(), arrow::uint32(), arrow::date32()}) {
        const auto narrow = type->id() == arrow::Type::DATE32
                                ? As(As(numbers, arrow::int32()), type)
                                : As(numbers, type);
        Check(narrow, {Encoding::PLAIN, Encoding::RLE_DICTIONARY, Encoding::DELTA_BINARY_PACKED});
      }
      for (const auto& type : {arrow::float32(), arrow::float64()}) {
        arrow::compute::CastOptions loose = arrow::compute::CastOptions::Unsafe(type);
        Check(*arrow::compute::Cast(*numbers, type, loose),
              {Encoding::PLAIN, Encoding::RLE_DICTIONARY, Encoding::BYTE_STREAM_SPLIT});
      }
    }
  }
}

TEST_F(PageColumnTest, OtherColumnsAreLeftToArrow) {
  const auto& how = parquet::default_writer_properties();
  const auto numbers = Numbers(Nulls::kNone, 100);
  for (const auto& type : {arrow::int16(), arrow::utf8(), arrow::decimal128(30, 2)}) {
    const auto column = As(numbers, type);
    EXPECT_EQ(Read(Written(column, true, how), kRows, type), nullptr) << type->ToString();
  }
  const auto list = *arrow::MakeArrayOfNull(arrow::list(arrow::int64()), 5);
  EXPECT_EQ(Read(Written(list, true, how), kRows, arrow::int64()), nullptr);
  EXPECT_EQ(Read(Written(numbers, true, how), kRows, arrow::int32()), nullptr) << "another width";
  const auto millis = As(numbers, arrow::timestamp(arrow::TimeUnit::MILLI));
  EXPECT_EQ(Read(Written(millis, true, how), kRows, arrow::timestamp(arrow::TimeUnit::MICRO)),
            nullptr);
}

// Bytes of the pages are changed one by one: an error or other values, and nothing else.
TEST_F(PageColumnTest, DamagedPagesDoNotHarm) {
  parquet::WriterProperties::Builder plain;
  plain.disable_dictionary()->compression(parquet::Compression::UNCOMPRESSED)->data_pagesize(4'000);
  for (const auto& how : {plain.build(), parquet::default_writer_properties()}) {
    const auto column = Numbers(Nulls::kSome, 1000);
    const auto bytes = Written(column, true, how);
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
      std::string changed = bytes->ToString();
      changed[4 + random() % 3'000] = static_cast<char>(random());
      try {
        const auto read = Read(arrow::Buffer::FromString(changed), 1 << 16, column->type());
        EXPECT_TRUE(read);
      } catch (const parquet::ParquetException&) {
        continue;
      }
    }
  }
}

}  // namespace
}  // namespace feast
