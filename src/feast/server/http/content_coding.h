#pragma once
#include <cstddef>
#include <string_view>

#include "feast/base/blocking_pool.h"
#include "feast/net/http_message.h"

namespace feast {

/// How a body travels: as it is, or compressed.
enum class ContentCoding { kIdentity, kGzip, kZstd };

/// What an `Accept-Encoding` asks for: the highest q-value wins, of equal ones zstd, then gzip. Who
/// accepts nothing that we have gets the body as it is.
ContentCoding ChooseCoding(std::string_view accept_encoding);

/// Content codings of requests and answers (RFC 9110 §8.4 and §12.5.3): gzip and zstd.
///
/// Immutable, thread-safe; borrows the pool. A request that names no coding, in neither header,
/// costs the search for the two.
class ContentCodings {
 public:
  /// Answers of at least `compress_from_bytes` are compressed, 0: none is. `max_body_bytes` bounds
  /// what a request body may become. Bodies, and answers that are large, are coded on `pool`.
  ContentCodings(size_t compress_from_bytes, size_t max_body_bytes, BlockingPool& pool);

  /// `respond`, which answers in the coding that `request` asks for.
  HttpRespond WatchAnswer(const HttpRequest& request, HttpRespond respond) const;

  /// Whether the body of `request` is to be decoded.
  static bool IsCoded(const HttpRequest& request);
  /// Hands `request` with its body decoded to `next`, on the pool; 415 for a coding that is not
  /// known, 413 for a body that would be too large, 400 for one that is broken.
  void Decode(const HttpRequest& request, HttpRespond respond, HttpHandler next) const;

 private:
  const size_t compress_from_bytes_;
  const size_t max_body_bytes_;
  BlockingPool& pool_;
};

}  // namespace feast
