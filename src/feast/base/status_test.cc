#include "feast/base/status.h"

#include <gtest/gtest.h>

#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

namespace feast {
namespace {

Result<int> Parse(bool good) {
  if (!good) return Status::NotFound("no such number", ErrorKind::kKeyError);
  return 7;
}

Result<std::string> Render(bool good) {
  FEAST_ASSIGN_OR_RETURN(int number, Parse(good));
  return std::to_string(number);
}

TEST(StatusTest, OkHasNoMessage) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().ToString(), "OK");
  EXPECT_EQ(Status(StatusCode::kOk, "ignored").code(), StatusCode::kOk);
}

TEST(StatusTest, AnnotateKeepsCodeAndKind) {
  const Status status = Status::NotFound("x", ErrorKind::kEntityNotFound).Annotate("view v");
  EXPECT_EQ(status.ToString(), "NOT_FOUND: view v: x");
  EXPECT_EQ(status.kind(), ErrorKind::kEntityNotFound);
}

TEST(ResultTest, MacrosPassValueAndFailure) {
  ASSERT_TRUE(Render(true).ok());
  EXPECT_EQ(*Render(true), "7");
  EXPECT_EQ(Render(false).status().kind(), ErrorKind::kKeyError);
}

TEST(ErrorKindTest, NamesUpstreamsClass) {
  EXPECT_EQ(FactsOf(ErrorKind::kPushSourceNotFound).class_name, "PushSourceNotFoundException");
  EXPECT_EQ(FactsOf(ErrorKind::kSpecifiedFeaturesNotPresent).module, "feast.errors");
}

TEST(CallContextTest, CancellationIsSharedByCopies) {
  const CallContext context;
  CallContext copy;
  copy = context;
  EXPECT_TRUE(copy.Check().ok());
  context.Cancel();
  EXPECT_EQ(copy.Check().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace feast
