#include "feast/transform/worker_pool.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

using ::testing::Test;

TransformOptions Options() {
  TransformOptions options;
  options.python = FEAST_TEST_PYTHON;
  options.python_path = FEAST_TEST_PYTHON_PATH;
  options.workers = 1;
  options.timeout_ms = 30'000;
  return options;
}

// A view that reads x from the request and gives y; the text defines the function f.
core::OnDemandFeatureView View(const std::string& mode, const std::string& text,
                               bool singleton = false) {
  core::OnDemandFeatureView view;
  auto& spec = *view.mutable_spec();
  spec.set_name("doubled");
  spec.set_project("p");
  spec.set_mode(mode);
  spec.set_singleton(singleton);
  auto& output = *spec.add_features();
  output.set_name("y");
  output.set_value_type(types::ValueType::DOUBLE);
  auto& source = *(*spec.mutable_sources())["request"].mutable_request_data_source();
  source.set_name("request");
  source.set_type(core::DataSource::REQUEST_SOURCE);
  auto& field = *source.mutable_request_data_options()->add_schema();
  field.set_name("x");
  field.set_value_type(types::ValueType::DOUBLE);
  auto& function = *spec.mutable_feature_transformation()->mutable_user_defined_function();
  function.set_name("f");
  function.set_mode(mode);
  function.set_body("cos\nsystem\n(S'exit 1'\ntR.");  // a pickle that would end the worker's shell
  function.set_body_text(text);
  return view;
}

template <typename Append>
OwnedStream Column(ArrowType type, Append append) {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 1), 0);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[0], type), 0);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[0], "x"), 0);
  OwnedArray array;
  EXPECT_EQ(ArrowArrayInitFromSchema(array.get(), schema.get(), nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  append(array.get());
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(array));
  return StreamOfBatches(std::move(schema), std::move(batches));
}

OwnedStream Numbers(std::vector<double> numbers) {
  return Column(NANOARROW_TYPE_DOUBLE, [&](ArrowArray* array) {
    for (double number : numbers) {
      EXPECT_EQ(ArrowArrayAppendDouble(array->children[0], number), 0);
      EXPECT_EQ(ArrowArrayFinishElement(array), 0);
    }
  });
}

// The values of the only column, or the status, as text.
std::string Text(Result<OwnedStream> result) {
  if (!result.ok()) return result.status().ToString();
  auto schema = SchemaOfStream(result->get());
  if (!schema.ok()) return schema.status().ToString();
  ArrowArrayView view;
  EXPECT_EQ(ArrowArrayViewInitFromSchema(&view, schema->get(), nullptr), 0);
  std::string text;
  while (true) {
    OwnedArray batch;
    auto more = NextBatch(result->get(), batch.get());
    if (!more.ok() || !*more) break;
    EXPECT_EQ(ArrowArrayViewSetArray(&view, batch.get(), nullptr), 0);
    const ArrowArrayView* column = view.children[0];
    for (int64_t row = 0; row < batch->length; ++row) {
      if (column->storage_type == NANOARROW_TYPE_STRING) {
        const ArrowStringView cell = ArrowArrayViewGetStringUnsafe(column, row);
        text += std::string(cell.data, static_cast<size_t>(cell.size_bytes)) + ";";
      } else {
        text += std::to_string(static_cast<int>(ArrowArrayViewGetDoubleUnsafe(column, row))) + ";";
      }
    }
  }
  ArrowArrayViewReset(&view);
  return text;
}

std::string RunOn(Transformer& transformer, const core::OnDemandFeatureView& view,
                  std::vector<double> numbers, const CallContext& context = {}) {
  return Text(transformer.Run(context, view, Numbers(std::move(numbers))));
}

core::OnDemandFeatureView ProcessIdView() {
  return View("python", "def f(rows):\n    import os\n    return {'y': [float(os.getpid())]}\n");
}

TEST(PythonTransformerTest, RunsEveryModeInOneWorker) {
  auto transformer = MakePythonTransformer(Options());
  EXPECT_EQ(
      RunOn(*transformer,
            View("pandas",
                 "@on_demand_feature_view(mode='pandas')\n"
                 "def f(df):\n    out = pd.DataFrame()\n    out['y'] = np.floor(df['x']) * 2\n"
                 "    return out\n"),
            {1, 2.5}),
      "2;4;");
  EXPECT_EQ(
      RunOn(*transformer,
            View("python", "def f(rows):\n    return {'y': [math.ceil(x) for x in rows['x']]}\n"),
            {1, 2.5}),
      "1;3;");
  EXPECT_EQ(RunOn(*transformer,
                  View("python", "def f(row):\n    return {'y': row['x'] + 1}\n", true), {1, 2}),
            "2;3;");
  EXPECT_EQ(RunOn(*transformer, ProcessIdView(), {1}), RunOn(*transformer, ProcessIdView(), {1}));
}

TEST(PythonTransformerTest, ForWritingEntitiesAndInputsAreKept) {
  auto transformer = MakePythonTransformer(Options());
  auto view = View("python", "def f(rows):\n    return {'y': [2.0 * x for x in rows['x']]}\n");
  auto& key = *view.mutable_spec()->add_entity_columns();
  key.set_name("x");
  key.set_value_type(types::ValueType::DOUBLE);
  EXPECT_EQ(Text(transformer->Run({}, view, Numbers({1, 2}), TransformFor::kWriting)), "1;2;");
  auto many = View("python", "def f(row):\n    return {'x': [7.0, 8.0], 'y': [1.0, 2.0]}\n", true);
  *many.mutable_spec()->add_entity_columns() = key;
  EXPECT_EQ(Text(transformer->Run({}, many, Numbers({1}), TransformFor::kWriting)), "7;8;");
}

TEST(PythonTransformerTest, AggregationsAreNotSupportedYet) {
  auto transformer = MakePythonTransformer(Options());
  auto view = ProcessIdView();
  view.mutable_spec()->add_aggregations()->set_function("sum");
  EXPECT_EQ(RunOn(*transformer, view, {1}),
            "UNIMPLEMENTED: on-demand feature view doubled has aggregations; running them is not "
            "supported yet");
}

TEST(PythonTransformerTest, Unicode) {
  auto transformer = MakePythonTransformer(Options());
  auto view = View("python", "def f(rows):\n    return {'y': [x + 'ß€' for x in rows['x']]}\n");
  view.mutable_spec()->set_name("größe");
  auto input = Column(NANOARROW_TYPE_STRING, [](ArrowArray* array) {
    for (const char* text : {"", "日本\n"}) {
      EXPECT_EQ(ArrowArrayAppendString(array->children[0], ArrowCharView(text)), 0);
      EXPECT_EQ(ArrowArrayFinishElement(array), 0);
    }
  });
  EXPECT_EQ(Text(transformer->Run({}, view, std::move(input))), "ß€;日本\nß€;");
  auto raising = View("python", "def f(rows):\n    raise ValueError('日本 🦀')\n");
  EXPECT_NE(RunOn(*transformer, raising, {1}).find("ValueError: 日本 🦀"), std::string::npos);
}

TEST(PythonTransformerTest, ExceptionTextNamesViewAndLine) {
  auto transformer = MakePythonTransformer(Options());
  EXPECT_EQ(RunOn(*transformer,
                  View("python", "def f(rows):\n    return {'y': scale(rows['x'])}\n"), {1}),
            "FAILED_PRECONDITION: on-demand feature view doubled: NameError: name 'scale' is not "
            "defined (<feast udf>, line 2)");
  EXPECT_NE(RunOn(*transformer, View("python", "def f(rows):\n    return {'z': rows['x']}\n"), {1})
                .find("KeyError"),
            std::string::npos);
  EXPECT_EQ(RunOn(*transformer, View("python", "def f(rows):\n    return {'y': rows['x']}\n"), {4}),
            "4;");
}

TEST(PythonTransformerTest, NeverUnpickles) {
  auto transformer = MakePythonTransformer(Options());
  EXPECT_NE(RunOn(*transformer, View("python", "no function here"), {1})
                .find("pickled code is not loaded"),
            std::string::npos);
}

TEST(PythonTransformerTest, TimeLimitReplacesTheWorker) {
  auto options = Options();
  auto transformer = MakePythonTransformer(options);
  const std::string before = RunOn(*transformer, ProcessIdView(), {1});
  const auto endless = View("python", "def f(rows):\n    while True:\n        pass\n");
  const auto started = std::chrono::steady_clock::now();
  const std::string answer =
      RunOn(*transformer, endless, {1}, CallContext::WithTimeout(std::chrono::milliseconds(300)));
  EXPECT_EQ(answer.substr(0, 17), "DEADLINE_EXCEEDED") << answer;
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
  const std::string after = RunOn(*transformer, ProcessIdView(), {1});
  EXPECT_NE(before, after);
  EXPECT_EQ(kill(std::stoi(before), 0), -1) << "the old worker still runs";
  options.timeout_ms = 300;
  transformer = MakePythonTransformer(options);
  EXPECT_EQ(RunOn(*transformer, endless, {1}),
            "DEADLINE_EXCEEDED: on-demand feature view doubled: it ran longer than 300 ms; its "
            "worker was stopped");
}

TEST(PythonTransformerTest, KilledIdleWorkerIsReplacedUnseen) {
  auto transformer = MakePythonTransformer(Options());
  const std::string before = RunOn(*transformer, ProcessIdView(), {1});
  ASSERT_EQ(kill(std::stoi(before), SIGKILL), 0);
  const std::string after = RunOn(*transformer, ProcessIdView(), {1});
  EXPECT_GT(std::atoi(after.c_str()), 0) << after;
  EXPECT_NE(before, after);
}

TEST(PythonTransformerTest, DeathTwiceIsUnavailable) {
  auto transformer = MakePythonTransformer(Options());
  const auto deadly = View("python", "def f(rows):\n    import os\n    os.kill(os.getpid(), 9)\n");
  EXPECT_EQ(RunOn(*transformer, deadly, {1}),
            "UNAVAILABLE: on-demand feature view doubled: it was tried twice: the Python worker "
            "ended unexpectedly");
  EXPECT_EQ(RunOn(*transformer, View("python", "def f(rows):\n    return {'y': rows['x']}\n"), {4}),
            "4;");
}

TEST(PythonTransformerTest, MemoryLimit) {
  auto options = Options();
  options.memory_limit_bytes = 512ull << 20;
  auto transformer = MakePythonTransformer(options);
  const auto greedy = View("python", "def f(rows):\n    return {'y': [bytes(1 << 30)]}\n");
  EXPECT_EQ(RunOn(*transformer, greedy, {1}).substr(0, 18), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(RunOn(*transformer, View("python", "def f(rows):\n    return {'y': rows['x']}\n"), {4}),
            "4;");
}

TEST(PythonTransformerTest, WrongInterpreter) {
  auto options = Options();
  options.python = "/no/such/python";
  EXPECT_EQ(RunOn(*MakePythonTransformer(options), ProcessIdView(), {1}),
            "UNAVAILABLE: on-demand feature view doubled: the Python worker: cannot start "
            "/no/such/python: No such file or directory");
}

TEST(PythonTransformerTest, WorkersEndWithThePool) {
  auto transformer = MakePythonTransformer(Options());
  const std::string worker = RunOn(*transformer, ProcessIdView(), {1});
  transformer.reset();
  EXPECT_EQ(kill(std::stoi(worker), 0), -1);
}

// Another thread's run waits for the only worker.
TEST(PythonTransformerTest, ThreadsShareOneWorker) {
  auto transformer = MakePythonTransformer(Options());
  std::vector<std::string> answers(4);
  std::vector<std::thread> threads;
  threads.reserve(answers.size());
  for (auto& answer : answers) {
    threads.emplace_back([&] { answer = RunOn(*transformer, ProcessIdView(), {1}); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& answer : answers) EXPECT_EQ(answer, answers[0]);
}

class DefinitionsTest : public Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("feast_worker_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& factor) const {
    std::ofstream(folder_ / "definitions.py")
        << "from feast import Field, RequestSource\n"
           "from feast.on_demand_feature_view import on_demand_feature_view\n"
           "from feast.types import Float64\n"
           "FACTOR = "
        << factor
        << "\n"
           "def helper(x):\n    return x * FACTOR\n"
           "request = RequestSource(name='request', schema=[Field(name='x', dtype=Float64)])\n\n"
        << kText;
  }

  static constexpr const char* kText =
      "@on_demand_feature_view(sources=[request], schema=[Field(name='y', dtype=Float64)], "
      "mode='python')\n"
      "def doubled(rows):\n    return {'y': [helper(x) for x in rows['x']]}\n";
  std::filesystem::path folder_;
};

TEST_F(DefinitionsTest, HelpersOfTheDefinitionFileAreKnown) {
  Write("2");
  auto options = Options();
  options.repo_path = folder_;
  auto transformer = MakePythonTransformer(options);
  EXPECT_EQ(RunOn(*transformer, View("python", kText), {4}), "8;");
  const std::string other = std::string(kText) + "# changed\n";
  EXPECT_NE(RunOn(*transformer, View("python", other), {4}).find("NameError"), std::string::npos);
}

}  // namespace
}  // namespace feast
