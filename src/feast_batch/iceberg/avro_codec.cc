#include <arrow/util/compression.h>

#include <algorithm>
#include <memory>

#include <boost/crc.hpp>

#include "feast_batch/iceberg/avro_file.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

using arrow::Compression;

constexpr size_t kTrailer = 4;  // zlib's sum, of which Python's writers leave bytes behind

const uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

Status Damaged() { return Status::DataLoss("damaged: its bytes cannot be unpacked"); }
Status TooLarge(size_t most) {
  return Status::DataLoss("damaged: unpacked it would have more than " + std::to_string(most) +
                          " bytes");
}

Result<std::unique_ptr<arrow::util::Codec>> CodecOf(std::string_view name) {
  arrow::util::GZipCodecOptions deflate;
  deflate.gzip_format = arrow::util::GZipFormat::DEFLATE;
  auto made = name == "deflate"     ? arrow::util::Codec::Create(Compression::GZIP, deflate)
              : name == "gzip"      ? arrow::util::Codec::Create(Compression::GZIP)
              : name == "zstandard" ? arrow::util::Codec::Create(Compression::ZSTD)
              : name == "snappy"
                  ? arrow::util::Codec::Create(Compression::SNAPPY)
                  : arrow::Status::NotImplemented("it is packed by codec '", name, "'");
  if (!made.ok()) return FromArrow(made.status());
  return *std::move(made);
}

// Grows as it is unpacked: no size is told.
Result<std::string> Streamed(arrow::util::Codec& codec, std::string_view packed, size_t most) {
  FEAST_ARROW_ASSIGN(const auto stream, codec.MakeDecompressor());
  std::string out;
  size_t used = 0;
  while (!stream->IsFinished()) {
    if (used == out.size()) {
      if (used >= most) return TooLarge(most);
      out.resize(std::min(std::max({2 * used, 4 * packed.size(), size_t{4096}}), most));
    }
    const auto step = stream->Decompress(static_cast<int64_t>(packed.size()), BytesOf(packed),
                                         static_cast<int64_t>(out.size() - used),
                                         reinterpret_cast<uint8_t*>(out.data()) + used);
    if (!step.ok()) return Damaged();
    if (step->bytes_read == 0 && step->bytes_written == 0 && used < out.size()) return Damaged();
    packed.remove_prefix(static_cast<size_t>(step->bytes_read));
    used += static_cast<size_t>(step->bytes_written);
  }
  if (packed.size() > kTrailer) return Damaged();
  out.resize(used);
  return out;
}

// The size, seven bits a byte, the packed bytes, and a sum over the unpacked ones.
Result<std::string> UnpackSnappy(arrow::util::Codec& codec, std::string_view packed, size_t most) {
  constexpr size_t kSum = 4;
  if (packed.size() < kSum) return Damaged();
  const auto sum = packed.substr(packed.size() - kSum);
  packed.remove_suffix(kSum);
  uint64_t size = 0;
  for (size_t at = 0;; ++at) {
    if (at == packed.size() || at == 5) return Damaged();
    const auto part = static_cast<unsigned char>(packed[at]);
    size |= static_cast<uint64_t>(part & 0x7f) << (7 * at);
    if (part < 0x80) break;
  }
  if (size > most) return TooLarge(most);
  std::string out(size, '\0');
  const auto read =
      codec.Decompress(static_cast<int64_t>(packed.size()), BytesOf(packed),
                       static_cast<int64_t>(size), reinterpret_cast<uint8_t*>(out.data()));
  if (!read.ok() || static_cast<uint64_t>(*read) != size) return Damaged();
  boost::crc_32_type crc;
  crc.process_bytes(out.data(), out.size());
  uint32_t told = 0;
  for (const char byte : sum) told = told << 8 | static_cast<unsigned char>(byte);
  if (told != crc.checksum()) return Damaged();
  return out;
}

}  // namespace

Result<std::string> UnpackAvro(std::string_view codec, std::string_view packed, size_t most) {
  FEAST_ASSIGN_OR_RETURN(const auto unpacker, CodecOf(codec));
  return codec == "snappy" ? UnpackSnappy(*unpacker, packed, most)
                           : Streamed(*unpacker, packed, most);
}

}  // namespace feast
