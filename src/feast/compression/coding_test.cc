#include "feast/compression/coding.h"

#include <gtest/gtest.h>

#include <random>

namespace feast {
namespace {

struct Coding {
  const char* name;
  Result<std::string> (*compress)(std::string_view, int);
  Result<std::string> (*decompress)(std::string_view, size_t);
  int level;
};

class CodingTest : public ::testing::TestWithParam<Coding> {
 protected:
  static std::string Compress(std::string_view text) {
    auto packed = GetParam().compress(text, GetParam().level);
    EXPECT_TRUE(packed.ok()) << packed.status().ToString();
    return *std::move(packed);
  }
  static Result<std::string> Decompress(std::string_view bytes, size_t max_bytes = 64 << 20) {
    return GetParam().decompress(bytes, max_bytes);
  }
};

INSTANTIATE_TEST_SUITE_P(All, CodingTest,
                         ::testing::Values(Coding{"gzip", CompressGzip, DecompressGzip, kGzipLevel},
                                           Coding{"zstd", CompressZstd, DecompressZstd,
                                                  kZstdLevel}),
                         [](const auto& info) { return info.param.name; });

std::string Noise(size_t size) {
  std::mt19937 random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_P(CodingTest, GivesBackWhatWasCompressed) {
  for (const std::string& text : {std::string(), std::string("{}"), std::string(3'000'000, 'x'),
                                  Noise(100'000), Noise(1), Noise(16 << 10)}) {
    const std::string packed = Compress(text);
    const auto back = Decompress(packed);
    ASSERT_TRUE(back.ok()) << back.status().ToString();
    EXPECT_EQ(*back, text);
    const auto twice = Decompress(packed + packed);
    ASSERT_TRUE(twice.ok()) << twice.status().ToString();
    EXPECT_EQ(*twice, text + text);
  }
  EXPECT_LT(Compress(std::string(3'000'000, 'x')).size(), 30'000u);
}

TEST_P(CodingTest, BoundsWhatComesOut) {
  std::string zeros;
  zeros.resize(50'000'000);
  const std::string bomb = Compress(zeros);
  EXPECT_EQ(Decompress(bomb, 49'999'999).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(Decompress(bomb, 10).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(Decompress(Compress("x"), 0).status().code(), StatusCode::kOutOfRange);
  EXPECT_TRUE(Decompress(bomb, 50'000'000).ok());
  EXPECT_TRUE(Decompress(Compress(""), 0).ok());
}

TEST_P(CodingTest, RefusesWhatIsBroken) {
  const std::string packed = Compress(Noise(1000) + std::string(1000, 'x'));
  for (size_t size = 0; size < packed.size(); ++size) {
    const Status cut = Decompress(packed.substr(0, size)).status();
    ASSERT_EQ(cut.code(), StatusCode::kInvalidArgument) << size;
    ASSERT_NE(cut.message().find(GetParam().name), std::string::npos) << cut.message();
  }
  EXPECT_EQ(Decompress("{\"plain\": \"text\"}").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Decompress(packed + "more").status().code(), StatusCode::kInvalidArgument);
}

TEST_P(CodingTest, SurvivesAnyBytes) {
  const std::string packed = Compress(Noise(100) + std::string(5000, 'x') + Noise(50));
  std::mt19937 random(2);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = packed;
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto outcome = Decompress(bytes, 10'000);
    EXPECT_LE(outcome.ok() ? outcome->size() : 0, 10'000u);
  }
}

}  // namespace
}  // namespace feast
