#include "feast_batch/iceberg/avro_file.h"

#include <arrow/util/compression.h>
#include <gmock/gmock.h>

#include <random>

#include <boost/crc.hpp>

#include "feast_batch/iceberg/avro_bytes.h"

namespace feast {
namespace {

using namespace avro_bytes;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::HasSubstr;

constexpr std::string_view kSchema =
    R"({"type":"record","name":"r","fields":[{"name":"n","type":["null","long"],"field-id":7},
        {"name":"t","type":"string"},{"name":"skipped","type":{"type":"array","items":"int"}},
        {"name":"in","type":{"type":"record","name":"i","fields":[{"name":"x","type":"double"}]}}]})";

std::string Row(int64_t number, std::string_view text) {
  return Long(1) + Long(number) + Text(text) + Long(2) + Long(1) + Long(2) + Long(0) +
         std::string(8, '\0');
}
const std::string& Rows() {
  static const std::string kRows = Row(5, "five") + Row(-6, "six");
  return kRows;
}

// The rows as text, or the error.
Result<std::string> Read(const std::string& bytes) {
  FEAST_ASSIGN_OR_RETURN(auto file, AvroFile::Open(bytes));
  if (auto* field = file.schema().Find("skipped")) field->wanted = false;
  std::string out;
  FEAST_RETURN_IF_ERROR(file.Read([&](const AvroRecord& row) {
    out += std::to_string(row.Long("n").value_or(0)) + ":" +
           std::string(row.Bytes("t").value_or("-")) + " ";
    return Status::OK();
  }));
  return out;
}

std::string Packed(arrow::Compression::type type,
                   const arrow::util::CodecOptions& options = arrow::util::CodecOptions()) {
  const auto codec = *arrow::util::Codec::Create(type, options);
  const auto* rows = reinterpret_cast<const uint8_t*>(Rows().data());
  const auto size = static_cast<int64_t>(Rows().size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, rows)), '\0');
  out.resize(static_cast<size_t>(*codec->Compress(size, rows, static_cast<int64_t>(out.size()),
                                                  reinterpret_cast<uint8_t*>(out.data()))));
  return out;
}

TEST(AvroFileTest, ReadsWhatIsWantedInEveryCodec) {
  arrow::util::GZipCodecOptions raw;
  raw.gzip_format = arrow::util::GZipFormat::DEFLATE;
  boost::crc_32_type crc;
  crc.process_bytes(Rows().data(), Rows().size());
  std::string sum;
  for (int shift = 24; shift >= 0; shift -= 8) sum += static_cast<char>(crc.checksum() >> shift);
  const std::pair<std::string, std::string> cases[] = {
      {"null", Rows()},
      {"deflate", Packed(arrow::Compression::GZIP, raw)},
      {"zstandard", Packed(arrow::Compression::ZSTD)},
      {"snappy", Packed(arrow::Compression::SNAPPY) + sum},
  };
  for (const auto& [codec, packed] : cases) {
    const auto read = Read(Header(kSchema, codec) + Block(2, packed) + Block(2, packed));
    ASSERT_TRUE(read.ok()) << codec << ": " << read.status().ToString();
    EXPECT_EQ(*read, "5:five -6:six 5:five -6:six ") << codec;
    const auto cut = Read(Header(kSchema, codec) + Block(2, packed.substr(0, packed.size() - 5)));
    EXPECT_EQ(cut.status().code(), StatusCode::kDataLoss) << codec;
  }
  std::string wrong = Packed(arrow::Compression::SNAPPY) + sum;
  wrong.back() ^= 1;
  EXPECT_FALSE(Read(Header(kSchema, "snappy") + Block(2, wrong)).ok());
  EXPECT_THAT(Read(Header(kSchema, "bzip2") + Block(2, "x")).status().message(),
              HasSubstr("'bzip2'"));
}

TEST(AvroFileTest, AFileThatIsCutOffAnywhereIsDamaged) {
  const std::string header = Header(kSchema);
  const std::string whole = header + Block(2, Rows()) + Block(1, Row(7, "seven"));
  const size_t first_block = header.size() + Block(2, Rows()).size();
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == header.size() || size == first_block) continue;  // no file says how long it is
    EXPECT_EQ(Read(whole.substr(0, size)).status().code(), StatusCode::kDataLoss) << size;
  }
}

TEST(AvroFileTest, NoBytesMakeItCrashOrGrow) {
  const std::string whole = Header(kSchema) + Block(2, Rows());
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bytes each time
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = whole;
    for (int flips = 1 + i % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    (void)Read(bytes);
  }
}

TEST(AvroFileTest, CountsAndSizesAreNotBelieved) {
  const int64_t huge = int64_t{1} << 60;
  const auto header = Header(kSchema);
  const std::string start = Long(1) + Long(5) + Text("t");
  const std::string blocks[] = {
      Block(huge, Rows()),                                 // records
      Block(1, start + Long(huge)),                        // items
      Block(1, start + Long(INT64_MIN) + Long(0)),         // items, with a size
      Block(1, Long(1) + Long(5) + Long(huge) + "t"),      // bytes of a text
      Block(1, Long(2)),                                   // a branch
      Long(1) + Long(huge) + Rows() + std::string(kSync),  // bytes of a block
      Block(1, std::string(12, '\xff')),                   // digits
  };
  for (const auto& block : blocks) {
    EXPECT_EQ(Read(header + block).status().code(), StatusCode::kDataLoss);
  }
  const std::string_view nothing =
      R"({"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":"null"}}]})";
  EXPECT_FALSE(Read(Header(nothing) + Block(1, Long(huge) + Long(0))).ok()) << "items of no bytes";
  EXPECT_FALSE(Read(Header(R"({"type":"record","name":"r","fields":[]})") + Block(huge, "")).ok());
  const std::string zeros(size_t{1} << 20, '\0');
  EXPECT_EQ(UnpackAvro("null", zeros, 1).status().code(), StatusCode::kUnimplemented);
}

TEST(AvroFileTest, SchemasThatManifestsDoNotHaveAreRefused) {
  const auto status_of = [](const std::string& type) {
    return Read(Header(R"({"type":"record","name":"r","fields":[{"name":"a","type":)" + type +
                       "}]}"))
        .status();
  };
  EXPECT_THAT(status_of(R"("r")").message(), HasSubstr("'r'")) << "it holds itself";
  EXPECT_THAT(status_of(R"(["int","string"])").message(), HasSubstr("union"));
  EXPECT_THAT(status_of(R"({"type":"map","values":"int"})").message(), HasSubstr("'map'"));
  std::string deep = R"("int")";
  for (int i = 0; i < 40; ++i) deep.insert(0, R"({"type":"array","items":)").append("}");
  EXPECT_THAT(status_of(deep).message(), HasSubstr("deep"));
  EXPECT_EQ(Read(Header("{")).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Read(Header(R"("int")")).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Read("PAR1").status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace feast
