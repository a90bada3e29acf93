// The online engine without a store's own time: views of ten int64 features, a store that answers
// from memory. `compile` makes a plan from a registry snapshot, `retrieve/ROWS` answers with a
// cached plan, `render/ROWS` writes the JSON body. The first answer is checked value by value.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "feast/codec/value_bytes.h"
#include "feast/core/Registry.pb.h"
#include "feast/online/store_doubles.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/retrieval/plan.h"
#include "feast/server/http/handlers.h"

namespace feast {
namespace {

constexpr int kViews = 5;
constexpr int kWidth = 10;
constexpr Micros kNow = 1704196800 * kMicrosPerSecond;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "plan_bench: %s\n", what.c_str());
  std::exit(1);
}

std::string FeatureName(int number) { return "feature_" + std::to_string(number); }

/// Every key has the value 1000 + number of the feature.
class MemoryStore final : public ReadOnlyStore {
 public:
  MemoryStore() {
    for (int64_t f = 0; f < kViews * kWidth; ++f) {
      if (!AppendValueBytes({1000 + f}, ValueType::kInt64, &values_.emplace_back()).ok()) {
        Fail("value");
      }
    }
  }
  void Read(const CallContext&, std::vector<TableRead> reads, ReadDone done) override {
    std::vector<TableRows> answers;
    for (const TableRead& read : reads) {
      TableRows rows;
      rows.event_times.assign(read.keys.size(), kNow);
      for (size_t key = 0; key < read.keys.size(); ++key) {
        for (const std::string& feature : read.features) {
          rows.cells.push_back({values_[std::strtoul(feature.c_str() + 8, nullptr, 10)], true});
        }
      }
      answers.push_back(std::move(rows));
    }
    done(std::move(answers));
  }

 private:
  std::vector<std::string> values_;
};

core::Registry MakeRegistry() {
  core::Registry registry;
  registry.add_projects()->mutable_spec()->set_name("p");
  auto* entity = registry.add_entities()->mutable_spec();
  entity->set_name("entity");
  entity->set_project("p");
  entity->set_join_key("entity");
  entity->set_value_type(types::ValueType_Enum_INT64);
  auto* service = registry.add_feature_services()->mutable_spec();
  service->set_name("service");
  service->set_project("p");
  for (int v = 0; v < kViews; ++v) {
    auto* spec = registry.add_feature_views()->mutable_spec();
    spec->set_name("view_" + std::to_string(v));
    spec->set_project("p");
    spec->set_online(true);
    spec->add_entities("entity");
    auto* key = spec->add_entity_columns();
    key->set_name("entity");
    key->set_value_type(types::ValueType_Enum_INT64);
    auto* projection = service->add_features();
    projection->set_feature_view_name(spec->name());
    for (int f = 0; f < kWidth; ++f) {
      auto* field = spec->add_features();
      field->set_name(FeatureName(v * kWidth + f));
      field->set_value_type(types::ValueType_Enum_INT64);
      *projection->add_feature_columns() = *field;
    }
  }
  return registry;
}

OnlineRequest MakeRequest(int64_t rows) {
  OnlineRequest request;
  request.feature_service = "service";
  std::vector<RawValue> keys;
  for (int64_t row = 0; row < rows; ++row) keys.emplace_back().data = row;
  request.entities.emplace_back("entity", std::move(keys));
  return request;
}

void Check(const OnlineResponse& response, int64_t rows) {
  if (response.columns.size() != 1 + kViews * kWidth) Fail("wrong number of columns");
  for (const OnlineColumn& column : response.columns) {
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t want =
          column.name == "entity"
              ? row
              : 1000 + std::strtol(std::string(column.name).c_str() + 8, nullptr, 10);
      types::Value value;
      const std::string bytes(column.values[static_cast<size_t>(row)]);
      if (!value.ParseFromString(bytes) || value.int64_val() != want)
        Fail("wrong " + std::string(column.name));
    }
  }
}

/// What a server has: registry, store, retriever.
struct Engine {
  MemoryRegistry registry{MakeRegistry()};
  MemoryStore store;
  NoAuthorizer authorizer;
  RetrievalOptions options{.resolve = {.project = "p"}};
  OnlineRetriever retriever{registry, &store, nullptr, authorizer, SystemClock(), options};
};

void Compile(benchmark::State& state) {
  Engine engine;
  const auto snapshot = engine.registry.Cached();
  const OnlineRequest request = MakeRequest(1);
  for (auto step : state) {
    auto plan = CompilePlan(**snapshot, engine.options, "sqlite", request);
    if (!plan.ok()) Fail(plan.status().ToString());
    if ((*plan)->views.size() != kViews) Fail("the plan has not every view");
  }
}

void Retrieve(benchmark::State& state) {
  Engine engine;
  const int64_t rows = state.range(0);
  const auto first = engine.retriever.RetrieveAndWait({}, MakeRequest(rows));
  if (!first.ok()) Fail(first.status().ToString());
  Check(*first, rows);
  for (auto step : state) {
    auto response = engine.retriever.RetrieveAndWait({}, MakeRequest(rows));
    if (!response.ok()) Fail(response.status().ToString());
    benchmark::DoNotOptimize(response->columns.data());
  }
  state.SetItemsProcessed(state.iterations() * rows * kViews * kWidth);
}

void Render(benchmark::State& state) {
  Engine engine;
  const int64_t rows = state.range(0);
  const auto response = engine.retriever.RetrieveAndWait({}, MakeRequest(rows));
  if (!response.ok()) Fail(response.status().ToString());
  Check(*response, rows);
  for (auto step : state) {
    auto text = RenderOnlineResponse(*response);
    if (!text.ok()) Fail(text.status().ToString());
    benchmark::DoNotOptimize(text->data());
  }
  state.SetItemsProcessed(state.iterations() * rows * kViews * kWidth);
}

BENCHMARK(Compile)->Name("compile");
BENCHMARK(Retrieve)->Name("retrieve")->Arg(1)->Arg(100);
BENCHMARK(Render)->Name("render")->Arg(1)->Arg(100);

}  // namespace
}  // namespace feast

BENCHMARK_MAIN();
