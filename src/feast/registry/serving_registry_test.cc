#include "feast/registry/serving_registry.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <utility>

#include "feast/core/Registry.pb.h"
#include "feast/registry/memory_registry.h"

namespace feast {
namespace {

/// A registry whose refreshes do what the test says first.
class SlowRegistry final : public Registry {
 public:
  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override {
    ++reads;
    return memory.Cached();
  }
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    if (on_refresh) on_refresh();
    return memory.Refresh();
  }
  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override {
    return memory.Mutate(context, mutation);
  }
  Status Teardown() override { return memory.Teardown(); }

  MemoryRegistry memory{{}};
  std::function<void()> on_refresh;
  int reads = 0;
};

class ServingRegistryTest : public testing::Test {
 protected:
  static core::Registry Named(const std::string& id) {
    core::Registry registry;
    registry.set_version_id(id);
    return registry;
  }
  std::string Seen() {
    const auto snapshot = registry_.Cached();
    return snapshot.ok() ? (*snapshot)->proto().version_id() : snapshot.status().ToString();
  }

  std::unique_ptr<SlowRegistry> owned_ = std::make_unique<SlowRegistry>();
  SlowRegistry& store_ = *owned_;
  ServingRegistry registry_{std::move(owned_)};
};

TEST_F(ServingRegistryTest, ReadersGoOnWhileTheStoreIsRead) {
  store_.memory.Reset(Named("one"));
  EXPECT_EQ(Seen(), "one");
  store_.memory.Reset(Named("two"));
  std::promise<void> begun, go_on;
  store_.on_refresh = [&] {
    begun.set_value();
    go_on.get_future().wait();
  };
  auto refreshed = std::async(std::launch::async, [&] { return registry_.Refresh(); });
  begun.get_future().wait();
  EXPECT_EQ(Seen(), "one");
  go_on.set_value();
  EXPECT_EQ((*refreshed.get())->proto().version_id(), "two");
  EXPECT_EQ(Seen(), "two");
  EXPECT_EQ(store_.reads, 1) << "only the first reader asks the store";
}

TEST_F(ServingRegistryTest, AFailureIsSeenByWhoRefreshesOnly) {
  store_.memory.broken = true;
  EXPECT_EQ(Seen(), "UNAVAILABLE: registry is gone");
  store_.memory.broken = false;
  store_.memory.Reset(Named("one"));
  EXPECT_EQ(Seen(), "one");
  store_.memory.broken = true;
  EXPECT_EQ(registry_.Refresh().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Seen(), "one");
}

TEST_F(ServingRegistryTest, WritesAreSeenAtOnce) {
  EXPECT_EQ(Seen(), "");
  const auto write = [](core::Registry* registry) {
    registry->set_version_id("mine");
    return Status::OK();
  };
  EXPECT_TRUE(registry_.Mutate({}, write).ok());
  EXPECT_EQ(Seen(), "mine");
  EXPECT_TRUE(registry_.Teardown().ok());
  EXPECT_EQ(Seen(), "");
}

TEST_F(ServingRegistryTest, AnOlderGenerationNeverReplacesALaterOne) {
  store_.memory.Reset(Named("one"));
  const auto older = store_.memory.Cached();
  EXPECT_EQ(Seen(), "one");
  store_.on_refresh = [&] {  // another refresh overtakes this one
    store_.on_refresh = nullptr;
    store_.memory.Reset(Named("two"));
    EXPECT_TRUE(registry_.Refresh().ok());
  };
  EXPECT_TRUE(registry_.Refresh().ok());
  EXPECT_EQ(Seen(), "two");
  EXPECT_LT((*older)->generation(), (*registry_.Cached())->generation());
}

}  // namespace
}  // namespace feast
