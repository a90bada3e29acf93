#include "feast/serving_log/feature_logger.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "feast/codec/value_bytes.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/test_response.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr const char* kRegistry = R"(
  projects { spec { name: 'p' } }
  feature_views { spec {
    name: 'stats' project: 'p' online: true
    entity_columns { name: 'driver_id' value_type: INT64 }
    features { name: 'rate' value_type: DOUBLE } features { name: 'seen' value_type: UNIX_TIMESTAMP }
  } }
  on_demand_feature_views { spec {
    name: 'od' project: 'p' features { name: 'sum' value_type: DOUBLE }
    sources { key: 'stats' value { feature_view_projection {
      feature_view_name: 'stats' feature_columns { name: 'rate' value_type: DOUBLE } } } }
    sources { key: 'req' value { request_data_source {
      request_data_options { schema { name: 'amount' value_type: DOUBLE } } } } }
  } }
  feature_services { spec {
    name: 'logged' project: 'p'
    features {
      feature_view_name: 'stats' feature_view_name_alias: 'origin'
      join_key_map { key: 'driver_id' value: 'origin_id' }
      feature_columns { name: 'rate' value_type: DOUBLE }
      feature_columns { name: 'seen' value_type: UNIX_TIMESTAMP }
    }
    logging_config { sample_rate: 1 file_destination { path: 'logs' } }
  } }
  feature_services { spec {
    name: 'computed' project: 'p'
    features { feature_view_name: 'od' feature_columns { name: 'sum' value_type: DOUBLE } }
    logging_config { sample_rate: 1 file_destination { path: 'logs' } }
  } }
  feature_services { spec {
    name: 'half' project: 'p'
    features { feature_view_name: 'stats' feature_columns { name: 'rate' value_type: DOUBLE } }
    logging_config { sample_rate: 0.5 file_destination { path: 'logs' } }
  } }
  feature_services { spec {
    name: 'unlogged' project: 'p'
    features { feature_view_name: 'stats' feature_columns { name: 'rate' value_type: DOUBLE } }
  } }
)";
constexpr Micros kNoon = 1'704'110'400 * kMicrosPerSecond;

core::Registry ParsedRegistry() {
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kRegistry, &registry));
  return registry;
}

std::string BytesOf(const RawValue& value, ValueType type) {
  std::string bytes;
  EXPECT_TRUE(AppendValueBytes(value, type, &bytes).ok());
  return bytes;
}

// What was written, as "name:format" and as text cells, row by row.
struct Written {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

std::string CellText(const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
  ArrowArrayView view;
  EXPECT_EQ(ArrowArrayViewInitFromSchema(&view, &schema, nullptr), 0);
  EXPECT_EQ(ArrowArrayViewSetArray(&view, &array, nullptr), 0);
  std::string text = "null";
  if (!ArrowArrayViewIsNull(&view, row)) {
    const std::string_view format = schema.format;
    if (format == "u") {
      const auto chars = ArrowArrayViewGetStringUnsafe(&view, row);
      text.assign(chars.data, static_cast<size_t>(chars.size_bytes));
    } else if (format == "g") {
      text = std::to_string(ArrowArrayViewGetDoubleUnsafe(&view, row)).substr(0, 4);
    } else {
      text = std::to_string(ArrowArrayViewGetIntUnsafe(&view, row));
    }
  }
  ArrowArrayViewReset(&view);
  return text;
}

Written Drained(OwnedStream stream) {
  Written out;
  const auto schema = SchemaOfStream(stream.get());
  EXPECT_TRUE(schema.ok());
  for (int64_t i = 0; i < (*schema)->n_children; ++i) {
    const ArrowSchema& column = *(*schema)->children[i];
    out.columns.push_back(std::string(column.name) + ":" + column.format);
  }
  OwnedArray batch;
  while (*NextBatch(stream.get(), batch.get())) {
    for (int64_t row = 0; row < batch->length; ++row) {
      auto& cells = out.rows.emplace_back();
      for (int64_t i = 0; i < batch->n_children; ++i) {
        cells.push_back(CellText(*(*schema)->children[i], *batch->children[i], row));
      }
    }
  }
  return out;
}

class FeatureLoggerTest : public ::testing::Test {
 protected:
  void Start(size_t max_rows = 1000) {
    FeatureLogOptions options;
    options.resolve.project = "p";
    options.max_rows = max_rows;
    options.flush_interval = std::chrono::hours(1);
    options.report = [this](const std::string& what) { told_ += what + "\n"; };
    logger_ = std::make_unique<FeatureLogger>(
        registry_, options,
        [this](const CallContext&, const core::LoggingConfig& destination, const std::string& batch,
               OwnedStream rows) {
          batches_.push_back(batch);
          if (!failure_.ok()) return failure_;
          EXPECT_EQ(destination.file_destination().path(), "logs");
          written_.push_back(Drained(std::move(rows)));
          return Status::OK();
        },
        clock_);
  }
  /// One answer of two rows: driver 1 with values, driver 2 without.
  static OnlineResponse Answer(const std::string& key, const std::string& rate,
                               const std::string& seen) {
    OnlineResponse response;
    static const std::string kFirst = BytesOf(RawValue{int64_t{1}}, ValueType::kInt64);
    static const std::string kSecond = BytesOf(RawValue{int64_t{2}}, ValueType::kInt64);
    static const std::string kRate = BytesOf(RawValue{0.25}, ValueType::kDouble);
    static const std::string kSeen = BytesOf(RawValue{int64_t{-7}}, ValueType::kUnixTimestamp);
    using enum FieldStatus;
    AddColumn(&response, key, {kFirst, kSecond}, {kPresent, kPresent}, {0, 0});
    AddColumn(&response, rate, {kRate, ""}, {kPresent, kNotFound}, {kNoon + 900'000, 0});
    AddColumn(&response, seen, {kSeen, ""}, {kOutsideMaxAge, kNotFound}, {kNoon, 0});
    return response;
  }
  void Serve(const OnlineRequest& request, Result<OnlineResponse> answer) {
    bool done = false;
    CallContext context;
    context.set_trace_id("request-1");
    logger_->Watch(context, request,
                   [&](const Result<OnlineResponse>&) { done = true; })(std::move(answer));
    EXPECT_TRUE(done);
  }
  static OnlineRequest Of(const std::string& service) {
    OnlineRequest request;
    request.feature_service = service;
    return request;
  }

  MemoryRegistry registry_{ParsedRegistry()};
  FixedClock clock_{kNoon + 5};
  std::vector<Written> written_;
  std::vector<std::string> batches_;  // one a try
  Status failure_;
  std::string told_;
  std::unique_ptr<FeatureLogger> logger_;
};

TEST_F(FeatureLoggerTest, RowsAreUpstreams) {
  Start();
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  auto full = Of("logged");
  full.full_feature_names = true;
  Serve(full, Answer("origin_id", "origin__rate", "origin__seen"));
  logger_->Flush();
  ASSERT_EQ(written_.size(), 1u);
  const std::vector<std::string> columns = {
      "origin_id:l",
      "origin__rate:g",
      "origin__rate__timestamp:tss:UTC",
      "origin__rate__status:i",
      "origin__seen:tss:",
      "origin__seen__timestamp:tss:UTC",
      "origin__seen__status:i",
      "__log_timestamp:tsu:UTC",
      "__log_date:tdD",
      "__request_id:u",
  };
  EXPECT_EQ(written_[0].columns, columns);
  const std::vector<std::string> first = {"1",     "0.25",       "1704110400", "1",
                                          "-7",    "1704110400", "4",          "1704110400000005",
                                          "19723", "request-1"};
  const std::vector<std::string> second = {
      "2", "null", "0", "3", "null", "0", "3", "1704110400000005", "19723", "request-1"};
  const std::vector<std::vector<std::string>> rows = {first, second, first, second};
  EXPECT_EQ(written_[0].rows, rows);
  EXPECT_EQ(logger_->counts().written, 4u);
}

TEST_F(FeatureLoggerTest, RequestDataIsLogged) {
  Start();
  auto request = Of("computed");
  request.entities = {{"driver_id", {RawValue{int64_t{1}}}}, {"amount", {RawValue{1.5}}}};
  const std::string key = BytesOf(RawValue{int64_t{1}}, ValueType::kInt64);
  const std::string sum = BytesOf(RawValue{2.5}, ValueType::kDouble);
  OnlineResponse response;
  AddColumn(&response, "driver_id", {key}, {FieldStatus::kPresent}, {0});
  AddColumn(&response, "sum", {sum}, {FieldStatus::kPresent}, {0});
  Serve(request, response);
  logger_->Flush();
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_EQ(written_[0].columns[0], "amount:g");
  EXPECT_EQ(written_[0].columns[1], "od__sum:g");
  EXPECT_EQ(written_[0].columns[4], "driver_id:l") << "what the inputs are joined on";
  EXPECT_EQ(written_[0].rows[0][0], "1.50");
  EXPECT_EQ(written_[0].rows[0][4], "1");
}

TEST_F(FeatureLoggerTest, OnlyServicesWithALogAreLogged) {
  Start();
  Serve(Of("unlogged"), Answer("driver_id", "rate", "seen"));
  Serve(Of("unknown"), Answer("driver_id", "rate", "seen"));
  Serve(Of("logged"), Status::Unavailable("no answer"));
  OnlineRequest references;
  references.features = {"stats:rate"};
  Serve(references, Answer("driver_id", "rate", "seen"));
  registry_.broken = true;
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  EXPECT_TRUE(written_.empty());
}

TEST_F(FeatureLoggerTest, SamplesAShareOfTheAnswers) {
  Start(100'000);
  for (int i = 0; i < 2000; ++i) Serve(Of("half"), Answer("driver_id", "rate", "seen"));
  logger_->Flush();
  EXPECT_NEAR(static_cast<double>(logger_->counts().written), 2000, 200) << "two rows each";
}

TEST_F(FeatureLoggerTest, AFullQueueDropsAndCounts) {
  Start(5);
  failure_ = Status::Unavailable("disk is gone");
  for (int i = 0; i < 4; ++i) Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  const FeatureLogCounts counts = logger_->counts();
  EXPECT_EQ(counts.written, 0u);
  EXPECT_EQ(counts.dropped + counts.failed + counts.waiting, 8u) << "no row is forgotten";
  EXPECT_GE(counts.dropped + counts.failed, 4u);
  EXPECT_GE(counts.failed_writes, 1u);
  EXPECT_NE(told_.find("disk is gone"), std::string::npos);
}

TEST_F(FeatureLoggerTest, WhatHasNoRoomIsDropped) {
  Start(1);
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  EXPECT_EQ(logger_->counts().dropped, 2u);
  EXPECT_EQ(logger_->counts().waiting, 0u);
  EXPECT_TRUE(written_.empty());
}

TEST_F(FeatureLoggerTest, RowsThatCannotBeWrittenWait) {
  Start();
  failure_ = Status::Unavailable("disk is gone");
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  EXPECT_NE(told_.find("kept for later"), std::string::npos);
  EXPECT_EQ(logger_->counts().waiting, 2u);
  failure_ = Status::OK();
  logger_->Flush();
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_EQ(written_[0].rows.size(), 2u);
  const FeatureLogCounts counts = logger_->counts();
  EXPECT_EQ(counts.dropped + counts.failed + counts.waiting, 0u);
  EXPECT_EQ(counts.failed_writes, 1u);
}

TEST_F(FeatureLoggerTest, ABatchKeepsItsNameUntilItIsWritten) {
  Start();
  failure_ = Status::Unavailable("one partition of two was written");
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  failure_ = Status::OK();
  logger_->Flush();
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_->Flush();
  ASSERT_EQ(batches_.size(), 3u);
  EXPECT_EQ(batches_[0], batches_[1]) << "so that the retry replaces what was written of it";
  EXPECT_NE(batches_[1], batches_[2]);
  ASSERT_EQ(written_.size(), 2u);
  EXPECT_EQ(written_[0].rows.size(), 4u) << "rows that came meanwhile stand behind";
}

TEST_F(FeatureLoggerTest, TheEndWritesWhatWaits) {
  Start();
  Serve(Of("logged"), Answer("origin_id", "rate", "seen"));
  logger_.reset();
  EXPECT_EQ(written_.size(), 1u);
}

}  // namespace
}  // namespace feast
