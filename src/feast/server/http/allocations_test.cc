#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "feast/base/test_allocations.h"
#include "feast/codec/value_bytes.h"
#include "feast/core/Registry.pb.h"
#include "feast/online/store_doubles.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/server/http/routes.h"

namespace feast {
namespace {

constexpr int kViews = 5;
constexpr int kWidth = 10;

/// Answers every read with one value, as a store does whose cells are views of a reply.
class OneValueStore final : public ReadOnlyStore {
 public:
  void Read(const CallContext&, std::vector<TableRead> reads, ReadDone done) override {
    std::vector<TableRows> answers(reads.size());
    for (size_t i = 0; i < reads.size(); ++i) {
      answers[i].event_times.assign(reads[i].keys.size(), 1);
      answers[i].cells.assign(reads[i].keys.size() * reads[i].features.size(), {value_, true});
    }
    done(std::move(answers));
  }

 private:
  const std::string value_{"\x20\xb9\x60"};  // int64_val: 12345
};

core::Registry FiveViews() {
  core::Registry registry;
  auto* entity = registry.add_entities()->mutable_spec();
  entity->set_name("id");
  entity->set_project("p");
  entity->set_join_key("id");
  entity->set_value_type(types::ValueType_Enum_INT64);
  for (int v = 0; v < kViews; ++v) {
    auto* view = registry.add_feature_views()->mutable_spec();
    view->set_name("view_" + std::to_string(v));
    view->set_project("p");
    view->set_online(true);
    view->add_entities("id");
    *view->add_entity_columns() = [] {
      core::FeatureSpecV2 key;
      key.set_name("id");
      key.set_value_type(types::ValueType_Enum_INT64);
      return key;
    }();
    for (int f = 0; f < kWidth; ++f) {
      auto* feature = view->add_features();
      feature->set_name("a_feature_with_a_long_name_" + std::to_string(v * kWidth + f));
      feature->set_value_type(types::ValueType_Enum_INT64);
    }
  }
  return registry;
}

class AllocationsTest : public testing::Test {
 protected:
  AllocationsTest() {
    backend_.retrieve = [this](const CallContext& context, OnlineRequest request, OnlineDone done) {
      retriever_.Retrieve(context, std::move(request), std::move(done));
    };
    backend_.registry = &registry_;
    backend_.authorizer = &everybody_;
    backend_.clock = &clock_;
  }

  /// Allocations of one request for `rows` entities and the features of `views` views, from the
  /// body that came to the body that goes, once the plan is there.
  uint64_t Of(size_t rows, int views) {
    std::string body = R"({"features":[)";
    for (int f = 0; f < views * kWidth; ++f) {
      body += (f > 0 ? ",\"view_" : "\"view_") + std::to_string(f / kWidth) +
              ":a_feature_with_a_long_name_" + std::to_string(f) + "\"";
    }
    body += R"(],"entities":{"id":[)";
    for (size_t row = 0; row < rows; ++row) body += (row > 0 ? "," : "") + std::to_string(row);
    body += "]}}";
    HttpRequest request;
    request.method = "POST";
    request.path = "/get-online-features";
    request.body = body;
    size_t size = 0;
    uint64_t count = 0;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const uint64_t before = Allocations();
      RouteHttp(backend_, request, [&](HttpResponse response) {
        EXPECT_EQ(response.status, 200) << response.body;
        size = response.body.size();
      });
      count = Allocations() - before;
    }
    EXPECT_GT(size, rows * static_cast<size_t>(views) * kWidth * 5) << "every value is there";
    return count;
  }

  MemoryRegistry registry_{FiveViews()};
  OneValueStore store_;
  NoAuthorizer everybody_;
  FixedClock clock_{kMicrosPerSecond};
  OnlineRetriever retriever_{registry_,  &store_, nullptr,
                             everybody_, clock_,  {.resolve = {.project = "p"}}};
  ServerBackend backend_;
};

TEST_F(AllocationsTest, NoneAValue) {
  const uint64_t one_by_ten = Of(1, 1), one_by_fifty = Of(1, 5);
  const uint64_t many_by_ten = Of(100, 1), many_by_fifty = Of(100, 5);
  RecordProperty("allocations_1x50", std::to_string(one_by_fifty));
  RecordProperty("allocations_100x50", std::to_string(many_by_fifty));
  EXPECT_LE(one_by_fifty, 200u);
  // A name in the request for each feature, some lists for each view.
  EXPECT_LE(one_by_fifty - one_by_ten, 40u + 4 * 8);
  // Wider rows cost no more than one row does: 3,960 values more, and nothing for any of them.
  EXPECT_LE(many_by_fifty - many_by_ten, one_by_fifty - one_by_ten + 8);
  // The key of an entity, and growing lists.
  EXPECT_LE(many_by_ten - one_by_ten, 99u + 24);
}

}  // namespace
}  // namespace feast
