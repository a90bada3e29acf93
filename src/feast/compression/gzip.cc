#include <zlib.h>

#include <limits>

#include "feast/compression/coding.h"
#include "feast/compression/growing_internal.h"

namespace feast {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header

Bytef* Input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
}

/// zlib counts in 32 bits.
uInt Piece(size_t size) {
  return static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max()));
}

/// A stream that is being inflated.
class Inflation {
 public:
  Inflation() { is_ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~Inflation() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  Status Run(std::string_view bytes, GrowingText* out) {
    if (!is_ready_) return Status::ResourceExhausted("no memory to read gzip data");
    while (true) {
      size_t room = 0;
      char* const target = out->Room(&room);
      stream_.next_in = Input(bytes);
      stream_.avail_in = Piece(bytes.size());
      stream_.next_out = reinterpret_cast<Bytef*>(target);
      stream_.avail_out = Piece(room);
      const size_t before_in = stream_.avail_in;
      const size_t before_out = stream_.avail_out;
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      const size_t read = before_in - stream_.avail_in;
      const size_t written = before_out - stream_.avail_out;
      bytes.remove_prefix(read);
      out->Wrote(written);
      if (out->is_too_large()) return Status(StatusCode::kOutOfRange, "too large");
      if (outcome == Z_STREAM_END) {
        if (bytes.empty()) return Status::OK();
        inflateReset(&stream_);
        continue;
      }
      if (outcome != Z_OK) return Broken();
      if (read == 0 && written == 0) return Broken();
    }
  }

 private:
  Status Broken() const {
    return Status::InvalidArgument(std::string("broken gzip data: ") +
                                   (stream_.msg ? stream_.msg : "it ends too early"));
  }

  z_stream stream_{};
  bool is_ready_ = false;
};

}  // namespace

Result<std::string> CompressGzip(std::string_view text, int level) {
  z_stream stream{};
  constexpr int kMemory = 8;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Status::ResourceExhausted("no memory to make gzip data");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  size_t written = 0;
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    stream.next_in = Input(text);
    stream.avail_in = Piece(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = Piece(out.size() - written);
    const bool is_last = stream.avail_in == text.size();
    const size_t before_in = stream.avail_in;
    const size_t before_out = stream.avail_out;
    outcome = deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH);
    text.remove_prefix(before_in - stream.avail_in);
    written += before_out - stream.avail_out;
  }
  deflateEnd(&stream);
  out.resize(written);
  return out;
}

Result<std::string> DecompressGzip(std::string_view bytes, size_t max_bytes) {
  GrowingText out(max_bytes);
  FEAST_RETURN_IF_ERROR(Inflation().Run(bytes, &out));
  return out.Take();
}

}  // namespace feast
