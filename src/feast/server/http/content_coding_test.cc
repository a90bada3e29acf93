#include "feast/server/http/content_coding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "feast/compression/coding.h"

namespace feast {
namespace {

constexpr size_t kCompressFrom = 1000;
constexpr size_t kMaxBody = 100'000;

TEST(ChooseCoding, WeighsWhatIsAccepted) {
  using enum ContentCoding;
  const std::pair<const char*, ContentCoding> cases[] = {
      {"", kIdentity},
      {"gzip", kGzip},
      {"GZip", kGzip},
      {"x-gzip", kGzip},
      {"zstd", kZstd},
      {"gzip, deflate", kGzip},
      {"gzip, deflate, br, zstd", kZstd},
      {"gzip;q=1.0, zstd;q=0.5", kGzip},
      {"gzip ; q=0.5 , zstd; Q=0.9", kZstd},
      {"identity;q=1, gzip;q=0.5", kIdentity},
      {"identity;q=0.5, gzip", kGzip},
      {"gzip;q=0", kIdentity},
      {"gzip;q=0.000", kIdentity},
      {"gzip;q=0, *", kZstd},
      {"*", kZstd},
      {"*;q=0", kIdentity},
      {"*;q=0.1, zstd;q=0", kGzip},
      {"br, deflate", kIdentity},
      {"gzip;q=2", kIdentity},
      {"gzip;q=", kIdentity},
      {"gzip;level=9", kIdentity},
      {"gzipped, , ;q=1, zstandard", kIdentity},
  };
  for (const auto& [accepted, coding] : cases)
    EXPECT_EQ(ChooseCoding(accepted), coding) << accepted;
}

class ContentCodingsTest : public ::testing::Test {
 protected:
  /// What a client gets whose handler answers `body`.
  HttpResponse Answer(const std::string& body, std::string_view accepted,
                      std::string_view method = "POST") {
    HttpRequest request;
    request.method = method;
    if (!accepted.empty()) request.headers = {{"Accept-Encoding", accepted}};
    std::promise<HttpResponse> promise;
    codings_.WatchAnswer(request, [&](HttpResponse response) {
      promise.set_value(std::move(response));
    })({200, "application/json", body, {}});
    return promise.get_future().get();
  }
  /// What a client gets that sends these bytes to a handler that answers with the body it sees.
  HttpResponse Send(const std::string& bytes, std::string_view coding) {
    HttpRequest request;
    request.body = bytes;
    request.headers = {{"content-encoding", coding}};
    EXPECT_TRUE(ContentCodings::IsCoded(request));
    std::promise<HttpResponse> promise;
    codings_.Decode(
        request, [&](HttpResponse response) { promise.set_value(std::move(response)); },
        [](const HttpRequest& decoded, const HttpRespond& respond) {
          respond({200, "", std::string(decoded.body), {}});
        });
    return promise.get_future().get();
  }
  static std::string Header(const HttpResponse& response, std::string_view name) {
    const auto found = std::ranges::find_if(
        response.headers, [&](const auto& header) { return header.first == name; });
    return found == response.headers.end() ? "" : found->second;
  }

  BlockingPool pool_{1, 4};
  const ContentCodings codings_{kCompressFrom, kMaxBody, pool_};
};

TEST_F(ContentCodingsTest, AnswersAreCompressedForWhoAsks) {
  for (const size_t size : {kCompressFrom, size_t{1} << 20}) {  // at once, and on the pool
    const std::string body(size, 'x');
    const HttpResponse gzip = Answer(body, "gzip");
    EXPECT_EQ(Header(gzip, "content-encoding"), "gzip");
    EXPECT_EQ(Header(gzip, "vary"), "accept-encoding");
    EXPECT_EQ(gzip.content_type, "application/json");
    EXPECT_EQ(*DecompressGzip(gzip.body, size), body);
    const HttpResponse zstd = Answer(body, "gzip, zstd");
    EXPECT_EQ(Header(zstd, "content-encoding"), "zstd");
    EXPECT_EQ(*DecompressZstd(zstd.body, size), body);
    const HttpResponse other = Answer(body, "br");
    EXPECT_EQ(Header(other, "content-encoding"), "");
    EXPECT_EQ(Header(other, "vary"), "accept-encoding");
    EXPECT_EQ(other.body, body);
  }
}

TEST_F(ContentCodingsTest, OthersAreLeftAlone) {
  const std::string large(kCompressFrom, 'x');
  EXPECT_TRUE(Answer(large.substr(1), "gzip").headers.empty());
  EXPECT_TRUE(Answer(large, "").headers.empty());
  EXPECT_EQ(Header(Answer(large, "", "GET"), "vary"), "accept-encoding");
  HttpRequest request;
  request.headers = {{"accept-encoding", "gzip"}};
  const ContentCodings off(0, kMaxBody, pool_);
  off.WatchAnswer(request, [&](const HttpResponse& response) { EXPECT_EQ(response.body, large); })(
      {200, "", large, {}});
}

TEST_F(ContentCodingsTest, ABusyPoolCompressesNothing) {
  std::promise<void> release;
  std::promise<void> running;
  ASSERT_TRUE(pool_
                  .Submit([&] {
                    running.set_value();
                    release.get_future().wait();
                  })
                  .ok());
  running.get_future().wait();
  while (pool_.Submit([] {}).ok()) continue;
  EXPECT_EQ(Answer(std::string(1 << 20, 'x'), "gzip").body.size(), 1u << 20);
  EXPECT_EQ(Send(*CompressGzip("x"), "gzip").status, 503);
  release.set_value();
}

TEST_F(ContentCodingsTest, BodiesAreDecompressed) {
  const std::string body = "{\"entities\":{}}";
  EXPECT_EQ(Send(*CompressGzip(body), "gzip").body, body);
  EXPECT_EQ(Send(*CompressGzip(body), "X-Gzip").body, body);
  EXPECT_EQ(Send(*CompressZstd(body), "zstd").body, body);
  HttpRequest plain;
  EXPECT_FALSE(ContentCodings::IsCoded(plain));
  plain.headers = {{"Content-Encoding", "identity"}};
  EXPECT_FALSE(ContentCodings::IsCoded(plain));
}

TEST_F(ContentCodingsTest, BodiesThatAreNot) {
  for (const char* coding : {"br", "deflate", "gzip, zstd"}) {
    const HttpResponse unknown = Send("{}", coding);
    EXPECT_EQ(unknown.status, 415);
    EXPECT_EQ(Header(unknown, "accept-encoding"), "gzip, zstd");
    EXPECT_NE(unknown.body.find(coding), std::string::npos) << unknown.body;
  }
  EXPECT_EQ(Send("{}", "gzip").status, 400);
  EXPECT_EQ(Send("{}", "zstd").status, 400);
  const std::string bomb(kMaxBody + 1, ' ');
  EXPECT_EQ(Send(*CompressGzip(bomb), "gzip").status, 413);
  const HttpResponse large = Send(*CompressZstd(bomb), "zstd");
  EXPECT_EQ(large.status, 413);
  EXPECT_NE(large.body.find("larger than 100000 bytes"), std::string::npos) << large.body;
  EXPECT_EQ(Send(*CompressZstd(bomb.substr(1)), "zstd").status, 200);
}

}  // namespace
}  // namespace feast
