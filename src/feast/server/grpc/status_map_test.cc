#include "feast/server/grpc/status_map.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

TEST(RpcStatusMapTest, EveryCodeAndKindHasAFailureCode) {
  const int last_kind = static_cast<int>(ErrorKind::kSpecifiedFeaturesNotPresent);
  for (int code = 1; code <= 16; ++code) {
    for (int kind = 0; kind <= last_kind; ++kind) {
      const auto mapped =
          static_cast<int>(RpcCodeOf(static_cast<StatusCode>(code), static_cast<ErrorKind>(kind)));
      EXPECT_GE(mapped, 1) << code << " " << kind;
      EXPECT_LE(mapped, 16) << code << " " << kind;
    }
  }
}

TEST(RpcStatusMapTest, KindsThatUpstreamMaps) {
  const auto of = [](ErrorKind kind) { return RpcCodeOf(StatusCode::kUnknown, kind); };
  EXPECT_EQ(of(ErrorKind::kFeatureViewNotFound), StatusCode::kNotFound);
  EXPECT_EQ(of(ErrorKind::kRequestDataNotFoundInEntityRows), StatusCode::kNotFound);
  EXPECT_EQ(of(ErrorKind::kPushSourceNotFound), StatusCode::kInvalidArgument);
  EXPECT_EQ(of(ErrorKind::kFeastPermissionError), StatusCode::kPermissionDenied);
  EXPECT_EQ(of(ErrorKind::kDataSourceNotFound), StatusCode::kInternal);
  EXPECT_EQ(of(ErrorKind::kFeatureNameCollision), StatusCode::kInvalidArgument);
  EXPECT_EQ(of(ErrorKind::kOsError), StatusCode::kInternal);
  for (int code = 1; code <= 16; ++code) {
    const auto same = static_cast<StatusCode>(code);
    EXPECT_EQ(RpcCodeOf(same, ErrorKind::kNone), same);
    EXPECT_EQ(RpcCodeOf(same, ErrorKind::kValueError), same);
  }
}

TEST(RpcStatusMapTest, FeastErrorsAreADetailOrTheirText) {
  const Status status =
      Status::NotFound("Feature view é does not exist", ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(RpcError(status, ErrorForm::kDetail).message,
            R"({"module": "feast.errors", "class": "FeatureViewNotFoundException", )"
            R"("message": "Feature view \u00e9 does not exist"})");
  EXPECT_EQ(RpcError(status, ErrorForm::kText).message, "Feature view é does not exist");
  EXPECT_EQ(RpcError(status, ErrorForm::kText).code, StatusCode::kNotFound);
  EXPECT_EQ(RpcError(Status::InvalidArgument("no"), ErrorForm::kDetail).message, "no");
}

TEST(RpcStatusMapTest, LongMessagesAreCutBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 3000; ++i) text += "é";
  const std::string said = RpcError(Status::Internal(text), ErrorForm::kText).message;
  EXPECT_LE(said.size(), 2003u);
  EXPECT_TRUE(said.ends_with("é…")) << said.substr(said.size() - 8);
}

}  // namespace
}  // namespace feast
