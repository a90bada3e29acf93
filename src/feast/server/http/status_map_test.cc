#include "feast/server/http/status_map.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

TEST(StatusMapTest, EveryCodeAndKindHasAFailureStatus) {
  const int last_kind = static_cast<int>(ErrorKind::kSpecifiedFeaturesNotPresent);
  for (int code = 1; code <= 16; ++code) {
    for (int kind = 0; kind <= last_kind; ++kind) {
      const int status = HttpStatusOf(static_cast<StatusCode>(code), static_cast<ErrorKind>(kind));
      EXPECT_GE(status, 400) << code << " " << kind;
      EXPECT_LE(status, 504) << code << " " << kind;
    }
  }
}

TEST(StatusMapTest, KindsThatUpstreamMaps) {
  const auto of = [](ErrorKind kind) { return HttpStatusOf(StatusCode::kInternal, kind); };
  EXPECT_EQ(of(ErrorKind::kFeatureViewNotFound), 404);
  EXPECT_EQ(of(ErrorKind::kRequestDataNotFoundInEntityRows), 404);
  EXPECT_EQ(of(ErrorKind::kPushSourceNotFound), 422);
  EXPECT_EQ(of(ErrorKind::kFeastPermissionError), 403);
  EXPECT_EQ(of(ErrorKind::kDataSourceNotFound), 500);
  EXPECT_EQ(of(ErrorKind::kFeatureNameCollision), 400);
  EXPECT_EQ(of(ErrorKind::kOsError), 500);
  EXPECT_EQ(of(ErrorKind::kPermissionError), 500);
  EXPECT_EQ(HttpStatusOf(StatusCode::kInvalidArgument, ErrorKind::kValueError), 400);
  EXPECT_EQ(HttpStatusOf(StatusCode::kResourceExhausted, ErrorKind::kNone), 503);
}

TEST(StatusMapTest, FeastErrorsAreADetailInAString) {
  const auto response = ErrorResponse(Status::NotFound("Feature view é\n\U0001F600 does not exist",
                                                       ErrorKind::kFeatureViewNotFound));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            R"("{\"module\": \"feast.errors\", \"class\": \"FeatureViewNotFoundException\", )"
            R"(\"message\": \"Feature view \\u00e9\\n\\ud83d\\ude00 does not exist\"}")");
}

TEST(StatusMapTest, OtherErrorsAreTheirText) {
  const auto response = ErrorResponse(Status::InvalidArgument("No \"features\""));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, R"("No \"features\"")");
}

}  // namespace
}  // namespace feast
