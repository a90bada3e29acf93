#include "feast/server/http/content_coding.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "feast/codec/value_json.h"
#include "feast/compression/coding.h"
#include "feast/server/http/status_map.h"
#include "feast/server/http/weighted_list.h"

namespace feast {
namespace {

// Compressing so much takes about a millisecond: others on the event loop do not wait for more.
constexpr size_t kLargeAnswer = 256 << 10;

struct Named {
  std::string_view name;
  ContentCoding coding;
};
// In the order of our preference.
constexpr std::array<Named, 4> kCodings = {{{"zstd", ContentCoding::kZstd},
                                            {"gzip", ContentCoding::kGzip},
                                            {"x-gzip", ContentCoding::kGzip},
                                            {"identity", ContentCoding::kIdentity}}};

std::optional<ContentCoding> CodingNamed(std::string_view name) {
  for (const Named& known : kCodings) {
    if (SameName(known.name, name)) return known.coding;
  }
  return std::nullopt;
}

Result<std::string> Compress(ContentCoding coding, std::string_view body) {
  return coding == ContentCoding::kZstd ? CompressZstd(body) : CompressGzip(body);
}

/// Compresses the answer, or leaves it as it is when that cannot be done.
void Apply(ContentCoding coding, HttpResponse* response) {
  auto packed = Compress(coding, response->body);
  if (!packed.ok()) return;
  response->body = *std::move(packed);
  response->headers.emplace_back("content-encoding",
                                 coding == ContentCoding::kZstd ? "zstd" : "gzip");
}

HttpResponse Refusal(int status, const std::string& detail) {
  HttpResponse response{status, "application/json", "{\"detail\":", {}};
  AppendJsonString(detail, &response.body);
  response.body += '}';
  return response;
}

/// A request and the body that was decoded for it.
struct Decoded {
  HttpRequest request;
  std::string body;
};

HttpResponse Undecoded(const Status& status, size_t max_body_bytes) {
  if (status.code() == StatusCode::kOutOfRange) {
    return Refusal(413, "Request body is, decompressed, larger than " +
                            std::to_string(max_body_bytes) + " bytes");
  }
  if (status.code() == StatusCode::kInvalidArgument) {
    return Refusal(400, "There was an error decompressing the body: " + status.message());
  }
  return ErrorResponse(status);
}

}  // namespace

ContentCoding ChooseCoding(std::string_view accept_encoding) {
  std::array<std::optional<double>, kCodings.size()> weights;
  std::optional<double> others;
  for (WeightedName item; NextWeighted(&accept_encoding, &item);) {
    if (item.has_parameters) item.weight = 0;  // a coding has none
    if (item.name == "*") others = item.weight;
    for (size_t i = 0; i < kCodings.size(); ++i) {
      if (SameName(kCodings[i].name, item.name)) weights[i] = item.weight;
    }
  }
  ContentCoding best = ContentCoding::kIdentity;
  double best_weight = 0;
  for (size_t i = 0; i < kCodings.size(); ++i) {
    const double weight = weights[i].value_or(others.value_or(0));
    if (weight <= best_weight) continue;
    best = kCodings[i].coding;
    best_weight = weight;
  }
  return best;
}

ContentCodings::ContentCodings(size_t compress_from_bytes, size_t max_body_bytes,
                               BlockingPool& pool)
    : compress_from_bytes_(compress_from_bytes), max_body_bytes_(max_body_bytes), pool_(pool) {}

HttpRespond ContentCodings::WatchAnswer(const HttpRequest& request, HttpRespond respond) const {
  if (compress_from_bytes_ == 0) return respond;
  const std::string_view accepted = request.Header("accept-encoding");
  // Caches keep answers to GET: they are to know that another client may get other bytes.
  if (accepted.empty() && request.method != "GET") return respond;
  return
      [this, coding = ChooseCoding(accepted), respond = std::move(respond)](HttpResponse response) {
        if (response.body.size() < compress_from_bytes_) return respond(std::move(response));
        response.headers.emplace_back("vary", "accept-encoding");
        if (coding == ContentCoding::kIdentity) return respond(std::move(response));
        if (response.body.size() >= kLargeAnswer) {
          const auto large = std::make_shared<HttpResponse>(std::move(response));
          const Status queued = pool_.Submit([coding, large, respond] {
            Apply(coding, large.get());
            respond(std::move(*large));
          });
          if (!queued.ok()) respond(std::move(*large));  // too busy to compress
          return;
        }
        Apply(coding, &response);
        respond(std::move(response));
      };
}

bool ContentCodings::IsCoded(const HttpRequest& request) {
  const std::string_view coding = request.Header("content-encoding");
  return !coding.empty() && CodingNamed(coding) != ContentCoding::kIdentity;
}

void ContentCodings::Decode(const HttpRequest& request, HttpRespond respond,
                            HttpHandler next) const {
  const auto coding = CodingNamed(request.Header("content-encoding"));
  if (!coding) {
    HttpResponse refusal = Refusal(415, "Content-Encoding is not one of gzip, zstd: " +
                                            std::string(request.Header("content-encoding")));
    refusal.headers.emplace_back("accept-encoding", "gzip, zstd");
    return respond(std::move(refusal));
  }
  // A few bytes may become many: never on the event loop. The request lives until it is answered.
  const Status queued =
      pool_.Submit([this, coding, &request, respond, next = std::move(next)]() mutable {
        auto body = *coding == ContentCoding::kZstd ? DecompressZstd(request.body, max_body_bytes_)
                                                    : DecompressGzip(request.body, max_body_bytes_);
        if (!body.ok()) return respond(Undecoded(body.status(), max_body_bytes_));
        const auto decoded = std::make_shared<Decoded>(Decoded{request, *std::move(body)});
        decoded->request.body = decoded->body;
        next(decoded->request, [decoded, respond = std::move(respond)](HttpResponse response) {
          respond(std::move(response));
        });
      });
  if (!queued.ok()) respond(ErrorResponse(queued));
}

}  // namespace feast
