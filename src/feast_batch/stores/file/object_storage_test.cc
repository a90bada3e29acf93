// The conformance kit over an S3 service, then what goes wrong with one, and how often it is asked.
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"
#include "feast_batch/stores/conformance/offline_store_conformance.h"
#include "feast_batch/stores/conformance/s3_server.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// One service for all tests of the process; each has buckets of its own.
S3Server& Server() {
  static S3Server server;
  return server;
}

std::string ParquetBytes(const arrow::Table& table, int64_t group_rows = 2) {
  const auto out = *arrow::io::BufferOutputStream::Create();
  EXPECT_TRUE(
      parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, group_rows).ok());
  return (*out->Finish())->ToString();
}

Result<std::unique_ptr<OfflineStore>> OpenStore(const std::string& type, const Setting& native) {
  SetS3Credentials();
  FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
  return module->OpenOfflineStore(type, Setting{}, {"/nowhere", "feature_store.yaml", &native});
}

core::DataSource SourceAt(const std::string& uri, const std::string& endpoint) {
  core::DataSource source;
  source.set_name("stats");
  source.set_type(core::DataSource::BATCH_FILE);
  source.mutable_file_options()->set_uri(uri);
  source.mutable_file_options()->set_s3_endpoint_override(endpoint);
  return source;
}

class S3Quirks : public OfflineStoreQuirks {
 public:
  explicit S3Quirks(std::string type = "file", std::string extension = ".parquet")
      : type_(std::move(type)), extension_(std::move(extension)) {
    static int count = 0;
    bucket_ = "lake" + std::to_string(++count);
    Server().MakeBucket(bucket_);
  }
  Result<std::unique_ptr<OfflineStore>> Open() override { return OpenStore(type_, {}); }
  Result<core::DataSource> MakeSource(const std::string& name,
                                      const std::shared_ptr<arrow::Table>& rows) override {
    const std::string key = "data/" + name + extension_;
    Server().Put(bucket_ + "/" + key + (extension_.empty() ? "/a.parquet" : ""),
                 ParquetBytes(*rows));
    auto source = SourceAt("s3://" + bucket_ + "/" + key, Server().endpoint());
    source.set_name(name);
    return source;
  }
  core::DataSource MissingSource() override {
    return SourceAt("s3://" + bucket_ + "/none.parquet", Server().endpoint());
  }
  core::SavedDatasetStorage Storage(const std::string& name) override {
    core::SavedDatasetStorage storage;
    storage.mutable_file_storage()->set_uri("s3://" + bucket_ + "/saved/" + name + extension_);
    storage.mutable_file_storage()->set_s3_endpoint_override(Server().endpoint());
    return storage;
  }
  const std::string& bucket() const { return bucket_; }

 private:
  const std::string type_;
  const std::string extension_;
  std::string bucket_;
};

class S3FolderQuirks : public S3Quirks {
 public:
  S3FolderQuirks() : S3Quirks("dask", "") {}
};

class DuckDbS3Quirks : public S3Quirks {
 public:
  DuckDbS3Quirks() : S3Quirks("duckdb") {}
};

std::vector<Named> Row(const std::string& key, const std::string& time, const std::string& f) {
  return {{"driver_id", kInt, {key}}, {"event_timestamp", kUtc, {time}}, {"f", kInt, {f}}};
}

PullPlan PlanOf(const core::DataSource& source, std::vector<std::string> features = {"f"}) {
  PullPlan plan;
  plan.read = {source, "event_timestamp", "", {"driver_id"}, std::move(features)};
  return plan;
}

class ObjectStorageTest : public ::testing::Test {
 protected:
  // Requests are not repeated, so that a silent service costs one wait.
  static std::unique_ptr<OfflineStore> Store() {
    auto store = OpenStore(
        "file",
        Setting::Map({{"object_storage", Setting::Map({{"attempts", Setting::Scalar("1")}})}}));
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return *std::move(store);
  }
  static Status PullError(const std::string& uri, const std::string& endpoint) {
    return TableOf(Store()->Pull({}, PlanOf(SourceAt(uri, endpoint)))).status();
  }
};

TEST_F(ObjectStorageTest, FoldersPartitionedByName) {
  S3Quirks place;
  const auto& bucket = place.bucket();
  Server().Put(bucket + "/hive/year=2023/city=New%2520York/a.parquet",
               ParquetBytes(*MakeTable(Row("1", "8", "1"))));
  Server().Put(bucket + "/hive/year=2024/city=Oslo/a.parq",
               ParquetBytes(*MakeTable(Row("2", "9", "2"))));
  Server().Put(bucket + "/hive/_temporary/broken.parquet", "PAR1");
  Server().Put(bucket + "/hive/readme.txt", "no Parquet");
  const auto source = SourceAt("s3://" + bucket + "/hive/", Server().endpoint());
  const auto out = TableOf(Store()->Pull({}, PlanOf(source, {"f", "year", "city"})));
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{"1", "2"}));
  EXPECT_EQ(CellsOf(**out, "year"), (Cells{"2023", "2024"}));
  EXPECT_EQ(CellsOf(**out, "city"), (Cells{"New York", "Oslo"}));
  EXPECT_THAT(Store()->WriteRows({}, source, StreamOf(MakeTable(Row("3", "9", "3")))).message(),
              HasSubstr("partitioned by 'city'"));
}

TEST_F(ObjectStorageTest, DeltaTables) {
  S3Quirks place;
  const std::string table = place.bucket() + "/table/";
  Server().Put(table + "a.parquet", ParquetBytes(*MakeTable(Row("1", "8", "1"))));
  Server().Put(table + "gone.parquet", "removed");
  const std::string columns =
      R"({\"name\":\"driver_id\",\"type\":\"long\"},{\"name\":\"event_timestamp\",\"type\":\"timestamp\"},{\"name\":\"f\",\"type\":\"long\"})";
  Server().Put(table + "_delta_log/00000000000000000000.json",
               R"({"protocol":{"minReaderVersion":1}}
{"metaData":{"schemaString":"{\"fields\":[)" +
                   columns + R"(]}","partitionColumns":[]}}
{"add":{"path":"gone.parquet","size":7}})");
  Server().Put(table + "_delta_log/00000000000000000001.json",
               R"({"remove":{"path":"gone.parquet"}}
{"add":{"path":"a.parquet"}})");
  auto source = SourceAt("s3://" + table, Server().endpoint());
  auto* format = source.mutable_file_options()->mutable_file_format();
  format->GetReflection()->MutableMessage(format,
                                          format->GetDescriptor()->FindFieldByName("delta_format"));
  const auto rows = TableOf(Store()->Pull({}, PlanOf(source)));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"1"}));
}

// Keys of a url: `%` and `+` stand for themselves.
std::string Escaped(const std::string& key) {
  std::string out;
  for (const char c : key) out += c == '%' ? "%25" : c == '+' ? "%2B" : std::string(1, c);
  return out;
}

TEST_F(ObjectStorageTest, IcebergTables) {
  S3Quirks place;
  const std::filesystem::path table = FEAST_TEST_DATA "/iceberg_trips";
  for (const auto& file : std::filesystem::recursive_directory_iterator(table)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    Server().Put(
        place.bucket() + "/wh/trips/" + Escaped(file.path().lexically_relative(table).string()),
        {std::istreambuf_iterator<char>(in), {}});
  }
  const auto source = SourceAt("s3://" + place.bucket() + "/wh/trips", Server().endpoint());
  const auto rows = TableOf(Store()->Pull({}, PlanOf(source, {"f", "city"})));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"1", "3", "4"}));
  EXPECT_EQ(CellsOf(**rows, "city"), (Cells{"New York", kNull, "Oslo"}));
  EXPECT_THAT(Store()->WriteRows({}, source, StreamOf(MakeTable({}))).message(),
              HasSubstr("Iceberg"));
}

TEST_F(ObjectStorageTest, AddedObjectsComeAfterAllOthers) {
  S3FolderQuirks place;
  const auto source = place.MakeSource("stats", MakeTable(Row("1", "8", "0")));
  const auto store = Store();
  for (int i = 1; i <= 11; ++i) {
    const Status written =
        store->WriteRows({}, *source, StreamOf(MakeTable(Row("1", "8", std::to_string(i)))));
    ASSERT_TRUE(written.ok()) << written.ToString();
    auto plan = PlanOf(*source);
    plan.latest_only = true;
    EXPECT_EQ(CellsOf(**TableOf(store->Pull({}, plan)), "f"), (Cells{std::to_string(i)}));
  }
  EXPECT_EQ(Server().Keys(place.bucket()).size(), 12u);
}

TEST_F(ObjectStorageTest, AFailedWriteLeavesNothing) {
  for (auto* place : std::vector<S3Quirks*>{new S3Quirks, new S3FolderQuirks}) {
    const std::unique_ptr<S3Quirks> owner(place);
    const auto source = place->MakeSource("stats", MakeTable(Row("1", "8", "1")));
    const auto before = Server().Keys(place->bucket());
    const CallContext cancelled;
    cancelled.Cancel();
    const auto rows = [] { return StreamOf(MakeTable(Row("2", "9", "2"))); };
    EXPECT_EQ(Store()->WriteRows(cancelled, *source, rows()).code(), StatusCode::kCancelled);
    EXPECT_EQ(Store()->Persist(cancelled, place->Storage("x"), true, rows()).code(),
              StatusCode::kCancelled);
    EXPECT_EQ(Server().Keys(place->bucket()), before);
    EXPECT_EQ(Server().OpenUploads(place->bucket()), 0u);
    EXPECT_EQ((*TableOf(Store()->Pull({}, PlanOf(*source))))->num_rows(), 1);
  }
}

TEST_F(ObjectStorageTest, AnOverwrittenDatasetHasNoOldRows) {
  S3FolderQuirks place;
  const auto& bucket = place.bucket();
  Server().Put(bucket + "/saved/set/old.parquet", ParquetBytes(*MakeTable(Row("1", "8", "1"))));
  const auto rows = [] { return StreamOf(MakeTable(Row("2", "9", "2"))); };
  EXPECT_EQ(Store()->Persist({}, place.Storage("set"), false, rows()).code(),
            StatusCode::kAlreadyExists);
  const Status written = Store()->Persist({}, place.Storage("set"), true, rows());
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_THAT(Server().Keys(bucket), ElementsAre("saved/set/part-0.parquet"));
}

TEST_F(ObjectStorageTest, WhatIsMissingIsNamed) {
  S3Quirks place;
  for (const std::string& uri :
       {"s3://" + place.bucket() + "/none.parquet", std::string("s3://no-such-bucket/a.parquet")}) {
    const Status status = PullError(uri, Server().endpoint());
    EXPECT_EQ(status.kind(), ErrorKind::kFileNotFound) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr(uri)));
    core::SavedDatasetStorage storage;
    storage.mutable_file_storage()->set_uri("s3://no-such-bucket/x");
    storage.mutable_file_storage()->set_s3_endpoint_override(Server().endpoint());
    EXPECT_THAT(
        Store()->Persist({}, storage, true, StreamOf(MakeTable(Row("1", "1", "1")))).message(),
        HasSubstr("no-such-bucket"));
  }
  Server().Put(place.bucket() + "/text.parquet", "driver_id,f\n1,2\n");
  const Status damaged = PullError("s3://" + place.bucket() + "/text.parquet", Server().endpoint());
  EXPECT_EQ(damaged.code(), StatusCode::kDataLoss) << damaged.ToString();
  EXPECT_THAT(damaged.message(), AllOf(HasSubstr("'stats'"), HasSubstr("text.parquet")));
}

TEST_F(ObjectStorageTest, UrisAreChecked) {
  const auto secret = PullError("s3://AKIA:topsecret@bucket/a.parquet", "");
  EXPECT_EQ(secret.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(secret.message(), AllOf(HasSubstr("credentials"), HasSubstr("bucket"),
                                      Not(HasSubstr("topsecret")), Not(HasSubstr("AKIA"))));
  EXPECT_THAT(PullError("s3://", "").message(), HasSubstr("needs a bucket"));
  unsetenv("AZURE_STORAGE_CONNECTION_STRING");
  unsetenv("AZURE_STORAGE_ACCOUNT_NAME");
  unsetenv("AZURE_STORAGE_ACCOUNT");
  EXPECT_THAT(PullError("az://lake/a.parquet", "").message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("AZURE_STORAGE_ACCOUNT_NAME")));
  EXPECT_THAT(PullError("hdfs://name/a", "").message(),
              AllOf(HasSubstr("hdfs://"), HasSubstr("s3://")));
}

// ---------------------------------------------------------------- a service that misbehaves

std::string Bytes() { return ParquetBytes(*MakeTable(Row("1", "8", "1"))); }

TEST_F(ObjectStorageTest, RefusalsAndFailuresAreToldApart) {
  const auto said = [](int status) {
    ScriptedS3 s3([=](const S3Request&) { return S3Answer{status, "", {}}; });
    return PullError("s3://lake/a.parquet", s3.endpoint());
  };
  const Status refused = said(403);
  EXPECT_EQ(refused.kind(), ErrorKind::kPermissionError) << refused.ToString();
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("s3://lake/a.parquet"),
                    HasSubstr("credentials"), Not(HasSubstr("a-secret-of-tests"))));
  const Status broken = said(503);
  EXPECT_EQ(broken.code(), StatusCode::kUnavailable) << broken.ToString();
  EXPECT_THAT(broken.message(), HasSubstr("s3://lake/a.parquet"));
}

TEST_F(ObjectStorageTest, AnObjectIsReadWithoutTheRightToListOthers) {
  const auto bytes = Bytes();
  ScriptedS3 s3([&](const S3Request& request) {
    return request.target.find("list-type") != std::string::npos
               ? S3Answer{403, "", {}}
               : ScriptedS3::Object(request, bytes);
  });
  EXPECT_TRUE(PullError("s3://lake/trips", s3.endpoint()).ok());
}

TEST_F(ObjectStorageTest, AResetInTheMiddleOfAReadIsAnErrorOfThatFile) {
  const auto bytes = Bytes();
  std::atomic<bool> broken = false;
  ScriptedS3 s3([&](const S3Request& request) {
    auto answer = ScriptedS3::Object(request, bytes);
    if (broken && request.method == "GET") answer.cut = 10;
    return answer;
  });
  const auto store = Store();
  const auto plan = PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint()));
  EXPECT_EQ((*TableOf(store->Pull({}, plan)))->num_rows(), 1);
  broken = true;
  const auto status = TableOf(store->Pull({}, plan)).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr("lake/a.parquet")));
}

TEST_F(ObjectStorageTest, ARequestThatFailsOnceIsRepeated) {
  const auto bytes = Bytes();
  std::atomic<int> gets = 0;
  ScriptedS3 s3([&](const S3Request& request) {
    auto answer = ScriptedS3::Object(request, bytes);
    if (request.method == "GET" && gets++ == 0) answer.cut = 10;
    return answer;
  });
  const auto store = OpenStore("file", {});
  ASSERT_TRUE(store.ok());
  const auto out =
      TableOf((*store)->Pull({}, PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint()))));
  EXPECT_TRUE(out.ok()) << out.status().ToString();
}

// The one test that waits: three seconds without a byte are the library's limit on Linux.
TEST_F(ObjectStorageTest, ASilentServiceIsGivenUp) {
  ScriptedS3 s3([](const S3Request&) { return S3Answer{200, "", {}, std::nullopt, true}; });
  const Status status = PullError("s3://lake/a.parquet", s3.endpoint());
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr("s3://lake/a.parquet")));
}

// Each request of a read in its turn is the one that is never answered. Its own limit is three
// seconds, so that what returns within one did not wait for it.
TEST_F(ObjectStorageTest, AnEndedCallDoesNotWaitForASilentService) {
  using Clock = std::chrono::steady_clock;
  const auto bytes = Bytes();
  size_t requests = 0;
  {
    ScriptedS3 s3([&](const S3Request& request) { return ScriptedS3::Object(request, bytes); });
    EXPECT_TRUE(
        TableOf(Store()->Pull({}, PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint())))).ok());
    requests = s3.Asked().size();
  }
  ASSERT_GE(requests, 3u);
  for (size_t silent = 1; silent <= requests; ++silent) {
    std::atomic<size_t> asked = 0;
    const CallContext context;
    std::atomic<Clock::rep> cancelled = 0;
    ScriptedS3 s3([&](const S3Request& request) {
      if (++asked < silent) return ScriptedS3::Object(request, bytes);
      cancelled = Clock::now().time_since_epoch().count();
      context.Cancel();
      return S3Answer{200, "", {}, std::nullopt, true};
    });
    const auto read =
        TableOf(Store()->Pull(context, PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint()))));
    const auto waited = Clock::now().time_since_epoch() - Clock::duration(cancelled);
    EXPECT_EQ(read.status().code(), StatusCode::kCancelled) << read.status().ToString();
    EXPECT_LT(waited, std::chrono::seconds(1)) << "request " << silent << " of " << requests;
  }
}

TEST_F(ObjectStorageTest, ADeadlineEndsTheWaitForASilentService) {
  ScriptedS3 s3([](const S3Request&) { return S3Answer{200, "", {}, std::nullopt, true}; });
  const auto context = CallContext::WithTimeout(std::chrono::milliseconds(50));
  const auto start = std::chrono::steady_clock::now();
  const Status status =
      TableOf(Store()->Pull(context, PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint()))))
          .status();
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("'stats'"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST_F(ObjectStorageTest, ARewrittenObjectIsNotOverwritten) {
  const auto bytes = Bytes();
  std::atomic<int> heads = 0;
  ScriptedS3 s3([&](const S3Request& request) {
    auto answer = ScriptedS3::Object(request, bytes);
    if (request.method == "HEAD" && heads++ >= 2) {
      answer.headers["Last-Modified"] = "Wed, 01 May 2024 00:00:07 GMT";
    }
    if (request.target.ends_with("?uploads")) {
      answer = {
          200,
          "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>",
          {}};
    } else if (request.method == "DELETE") {
      answer = {204, "", {}};
    }
    return answer;
  });
  const Status status = Store()->WriteRows({}, SourceAt("s3://lake/a.parquet", s3.endpoint()),
                                           StreamOf(MakeTable(Row("2", "9", "2"))));
  EXPECT_EQ(status.code(), StatusCode::kAborted) << status.ToString();
  const auto asked = s3.Asked();
  const auto said = [&](const std::string& method) {
    return std::any_of(asked.begin(), asked.end(),
                       [&](const auto& request) { return request.method == method; });
  };
  EXPECT_TRUE(said("DELETE")) << "the upload is aborted";
}

// An S3 that keeps what is uploaded to it, and refuses the bytes of one object for a while.
class RefusingS3 {
 public:
  std::atomic<bool> refuses = true;
  std::string endpoint() const { return s3_.endpoint(); }
  std::vector<std::string> Objects() {
    const std::lock_guard lock(mutex_);
    return {objects_.begin(), objects_.end()};
  }

 private:
  S3Answer Answer(const S3Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string key = request.target.substr(0, request.target.find('?'));
    if (request.target.ends_with("?uploads")) {
      return {
          200,
          "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>",
          {}};
    }
    if (request.method == "PUT") {
      if (refuses && key.find("/day2/") != std::string::npos) return {403, "", {}};
      return {200, "", {{"ETag", "\"e\""}}};
    }
    if (request.method == "POST") {
      objects_.insert(key);
      return {
          200, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>", {}};
    }
    if (objects_.contains(key) && request.method == "HEAD") return ScriptedS3::Object(request, "x");
    if (request.method != "DELETE") return {404, "", {}};
    if (request.target.find("uploadId") == std::string::npos) objects_.erase(key);
    return {204, "", {}};
  }

  std::mutex mutex_;
  std::set<std::string> objects_;
  ScriptedS3 s3_{[this](const S3Request& request) { return Answer(request); }};
};

TEST_F(ObjectStorageTest, ALogWrittenAgainHasEachPartitionOnce) {
  RefusingS3 s3;
  core::LoggingConfig log;
  log.mutable_file_destination()->set_path("s3://lake/logs");
  log.mutable_file_destination()->set_s3_endpoint_override(s3.endpoint());
  log.mutable_file_destination()->add_partition_by("day");
  const auto store = Store();
  const auto write = [&] {
    return store->WriteLogs({}, log, "batch",
                            StreamOf(MakeTable({{"n", kInt, {"1", "2", "3"}},
                                                {"day", kText, {"day1", "day2", "day3"}}})));
  };
  const Status refused = write();
  EXPECT_EQ(refused.kind(), ErrorKind::kPermissionError) << refused.ToString();
  EXPECT_THAT(s3.Objects(), ElementsAre()) << "what was there before it is taken back";
  s3.refuses = false;
  const Status written = write();
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_THAT(s3.Objects(),
              ElementsAre("/lake/logs/day1/batch-0.parquet", "/lake/logs/day2/batch-0.parquet",
                          "/lake/logs/day3/batch-0.parquet"));
}

// Eight of eighteen columns of a file in four row groups, a megabyte in all.
TEST_F(ObjectStorageTest, ColumnsComeInFewLargeRanges) {
  constexpr int kRows = 8'000;
  Cells cells;
  std::vector<Named> columns = {{"driver_id", kInt, {}}, {"event_timestamp", kUtc, {}}};
  for (int row = 0; row < kRows; ++row) {
    cells.push_back(std::to_string(row * 7919LL % 1000003));
    columns[0].cells.push_back(std::to_string(row));
    columns[1].cells.push_back(std::to_string(row % 24));
  }
  std::vector<std::string> features;
  for (int i = 0; i < 16; ++i) {
    columns.push_back({"f" + std::to_string(i), kInt, cells});
    if (i % 2 == 0) features.push_back(columns.back().name);
  }
  const auto bytes = ParquetBytes(*MakeTable(columns), kRows / 4);
  ScriptedS3 s3([&](const S3Request& request) { return ScriptedS3::Object(request, bytes); });
  const auto out =
      TableOf(Store()->Pull({}, PlanOf(SourceAt("s3://lake/a.parquet", s3.endpoint()), features)));
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ((*out)->num_rows(), kRows);
  const auto asked = s3.Asked();
  const auto heads = std::count_if(asked.begin(), asked.end(),
                                   [](const auto& request) { return request.method == "HEAD"; });
  EXPECT_EQ(heads, 1);
  EXPECT_LE(asked.size() - heads, 1u + 4u) << "the metadata once, then one range a row group";
}

}  // namespace

INSTANTIATE_OFFLINE_STORE_CONFORMANCE(S3, S3Quirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(S3Folder, S3FolderQuirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(DuckDbS3, DuckDbS3Quirks)

}  // namespace feast
