// Data that no server sends: cut short at every byte, or with any byte changed.
#include <arrow/array.h>
#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include <random>

#include "feast_batch/stores/postgres/copy_decoder_internal.h"

namespace feast {
namespace {

constexpr uint32_t kInteger = 23, kText = 25, kUuid = 2950, kIntegers = 1007;

template <typename Int>
std::string Bytes(Int number) {
  std::string out;
  for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xff);
  }
  return out;
}

std::string Sized(const std::string& bytes) {
  return Bytes(static_cast<int32_t>(bytes.size())) + bytes;
}

std::string Header() { return std::string("PGCOPY\n\377\r\n\0", 11) + std::string(8, '\0'); }

// 7, "é", a uuid, [1, null]; then nulls.
std::string Rows() {
  const std::string list = Bytes(int32_t{1}) + Bytes(int32_t{1}) + Bytes(int32_t{23}) +
                           Bytes(int32_t{2}) + Bytes(int32_t{1}) + Sized(Bytes(int32_t{1})) +
                           Bytes(int32_t{-1});
  std::string rows = Bytes(int16_t{4}) + Sized(Bytes(int32_t{7})) + Sized("é") +
                     Sized(std::string(16, '\x11')) + Sized(list) + Bytes(int16_t{4});
  for (int i = 0; i < 4; ++i) rows += Bytes(int32_t{-1});
  return rows;
}

CopyDecoder Decoder() {
  std::vector<PostgresColumnType> types;
  for (const uint32_t number : {kInteger, kText, kUuid, kIntegers}) {
    types.push_back(PostgresTypeOf(number, "", ' '));
  }
  return {{"i", "t", "u", "l"}, types};
}

TEST(CopyDecoderTest, ReadsPiecesOfRows) {
  auto decoder = Decoder();
  ASSERT_TRUE(decoder.Append(Header() + Rows()).ok());
  ASSERT_TRUE(decoder.Append(Rows()).ok());
  ASSERT_TRUE(decoder.Append(Bytes(int16_t{-1})).ok());
  EXPECT_EQ(decoder.rows(), 4);
  const auto arrays = decoder.Finish();
  ASSERT_TRUE(arrays.ok()) << arrays.status().ToString();
  const char* const texts[] = {"7", "é", "11111111-1111-1111-1111-111111111111",
                               "list<item: int32>[1, null]"};
  for (size_t at = 0; at < 4; ++at) {
    EXPECT_EQ((*(*arrays)[at]->GetScalar(2))->ToString(), texts[at]);
    EXPECT_EQ((*arrays)[at]->null_count(), 2);
  }
  EXPECT_EQ(decoder.rows(), 0);
}

TEST(CopyDecoderTest, RefusesWhatIsCutShort) {
  const std::string whole = Header() + Rows();
  const size_t first_row = whole.size() - 18;  // the nulls are a row of 18 bytes
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == Header().size() || size == first_row) continue;  // ends of rows
    auto decoder = Decoder();
    EXPECT_EQ(decoder.Append(whole.substr(0, size)).code(), StatusCode::kDataLoss) << size;
  }
  auto decoder = Decoder();
  EXPECT_EQ(decoder.Append("no header at all, but long enough").code(), StatusCode::kDataLoss);
}

TEST(CopyDecoderTest, SurvivesChangedBytes) {
  std::mt19937 random(5);
  const std::string whole = Header() + Rows();
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = whole;
    for (int i = 0; i < 2; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    auto decoder = Decoder();
    if (decoder.Append(changed).ok()) EXPECT_TRUE(decoder.Finish().ok());
  }
}

}  // namespace
}  // namespace feast
