#include <zstd.h>

#include <memory>

#include "feast/compression/coding.h"
#include "feast/compression/growing_internal.h"

namespace feast {
namespace {

constexpr int kMaxWindowLog = 23;  // 8 MiB, the most that RFC 9659 lets a client use over HTTP

struct Free {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

Result<std::string> CompressZstd(std::string_view text, int level) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size)) {
    return Status::ResourceExhausted(std::string("cannot make zstd data: ") +
                                     ZSTD_getErrorName(size));
  }
  out.resize(size);
  return out;
}

Result<std::string> DecompressZstd(std::string_view bytes, size_t max_bytes) {
  const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (!context) return Status::ResourceExhausted("no memory to read zstd data");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  GrowingText out(max_bytes);
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  size_t hint = 1;  // 0: at the end of a frame
  while (hint != 0 || input.pos < input.size) {
    size_t room = 0;
    char* const target = out.Room(&room);
    ZSTD_outBuffer output{target, room, 0};
    const size_t before = input.pos;
    hint = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(hint)) {
      return Status::InvalidArgument(std::string("broken zstd data: ") + ZSTD_getErrorName(hint));
    }
    out.Wrote(output.pos);
    if (out.is_too_large()) return Status(StatusCode::kOutOfRange, "too large");
    if (hint != 0 && output.pos == 0 && input.pos == before) {
      return Status::InvalidArgument("broken zstd data: it ends too early");
    }
  }
  return out.Take();
}

}  // namespace feast
