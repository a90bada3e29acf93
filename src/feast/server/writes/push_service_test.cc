#include "feast/server/writes/push_service.h"

#include <gtest/gtest.h>

#include "feast/registry/memory_registry.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

core::Registry OneView() {
  core::Registry content;
  auto* spec = content.add_feature_views()->mutable_spec();
  spec->set_name("trips");
  spec->set_project("p");
  spec->set_online(true);
  spec->mutable_stream_source()->set_name("source");
  spec->mutable_stream_source()->set_type(core::DataSource::PUSH_SOURCE);
  return content;
}

/// Refuses the actions it is told to refuse.
class Refusing final : public Authorizer {
 public:
  Status Authorize(const CallContext& context, std::span<const Resource> resources,
                   Action action) const override {
    EXPECT_EQ(resources.size(), 1u);
    EXPECT_EQ(resources[0].name, "trips");
    EXPECT_EQ(context.principal().name, "me");
    if (refused != action) return Status::OK();
    return {StatusCode::kPermissionDenied, "no", ErrorKind::kFeastPermissionError};
  }
  std::optional<Action> refused;
};

OwnedStream NoRows() {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 0), NANOARROW_OK);
  return StreamOfBatches(std::move(schema), {});
}

class PushServiceTest : public ::testing::Test {
 protected:
  PushServiceTest() { context_.set_principal({"me", {}}); }

  Result<PushOutcome> Push(PushMode to, bool cached = true, OfflinePushQueue* queue = nullptr) {
    PushService service(ingest_, registry_, authorizer_, "p", writer_, queue);
    return service.Push(context_, {"source", to, cached}, NoRows());
  }

  CallContext context_;
  MemoryRegistry registry_{OneView()};
  Refusing authorizer_;
  // Without an online store every online leg fails, which tells that it was begun.
  Ingest ingest_{
      registry_,   nullptr,       [] { return Status::Internal("must not be opened here"); },
      authorizer_, SystemClock(), {.project = "p"}};
  int offline_writes_ = 0;
  OfflineWriter writer_ = [this](const CallContext& context, OfflinePush push) {
    ++offline_writes_;
    EXPECT_EQ(push.push_source, "source");
    (void)context;
    return Status::OK();
  };
};

TEST_F(PushServiceTest, OfflineRowsGoToTheBatchProcess) {
  const auto outcome = Push(PushMode::kOffline);
  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  EXPECT_EQ(*outcome, PushOutcome::kWritten);
  EXPECT_EQ(offline_writes_, 1);
}

TEST_F(PushServiceTest, TheOnlineLegComesFirst) {
  EXPECT_EQ(Push(PushMode::kOnlineAndOffline).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(offline_writes_, 0);
}

TEST_F(PushServiceTest, QueuedRowsAreSaidToBeQueued) {
  {
    OfflinePushQueue queue({.rows = 100, .report = {}}, writer_);
    const auto outcome = Push(PushMode::kOffline, true, &queue);
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(*outcome, PushOutcome::kQueued);
    EXPECT_EQ(offline_writes_, 0);
  }
  EXPECT_EQ(offline_writes_, 1);
}

TEST_F(PushServiceTest, BothLegsNeedTheRightBeforeEitherIsBegun) {
  authorizer_.refused = Action::kWriteOffline;
  for (const PushMode to : {PushMode::kOffline, PushMode::kOnlineAndOffline}) {
    EXPECT_EQ(Push(to).status().code(), StatusCode::kPermissionDenied);
  }
  EXPECT_EQ(Push(PushMode::kOnline).status().code(), StatusCode::kFailedPrecondition);
  authorizer_.refused = Action::kWriteOnline;
  EXPECT_EQ(Push(PushMode::kOnline).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(offline_writes_, 0);
}

TEST_F(PushServiceTest, ReadsTheRegistryAnewWhenTheCacheMayNotBeUsed) {
  ASSERT_TRUE(Push(PushMode::kOffline).ok());
  EXPECT_EQ(registry_.refreshes, 0);
  ASSERT_TRUE(Push(PushMode::kOffline, /*cached=*/false).ok());
  EXPECT_EQ(registry_.refreshes, 1);
}

}  // namespace
}  // namespace feast
