// What goes wrong after the first batch of a result is told as what goes wrong before it.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <fstream>

#include "feast/types/arrow_stream.h"
#include "feast_batch/stores/conformance/parquet_quirks.h"
#include "feast_batch/stores/conformance/s3_server.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::HasSubstr;

const char kFile[] = "stats.parquet";

std::shared_ptr<arrow::Table> Rows(const std::string& feature = "f") {
  return MakeTable(
      {{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"8"}}, {feature, kInt, {"1"}}});
}

std::string Bytes(const arrow::Table& table) {
  const auto out = *arrow::io::BufferOutputStream::Create();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out).ok());
  return (*out->Finish())->ToString();
}

// So many entity rows are joined in two parts, each of which opens the source: the limit is low,
// and there are no temporary files.
std::shared_ptr<arrow::Table> TwoPartsOfEntities() {
  static constexpr int64_t kRows = 100'000;
  const auto column = [](int64_t value) {
    return std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
        kRows, arrow::Buffer::FromVector(std::vector<int64_t>(kRows, value))));
  };
  return arrow::Table::Make(
      arrow::schema({arrow::field("driver_id", kInt), arrow::field("event_timestamp", kUtc)}),
      {column(1), *column(kDay + 9 * kHour)->View(kUtc)});
}

class StreamErrorsTest : public ::testing::Test {
 protected:
  StreamErrorsTest()
      : place_(
            "file", ".parquet",
            Setting::Map(
                {{"historical", Setting::Map({{"memory_limit", Setting::Scalar("1MB")},
                                              {"max_temp_directory_size", Setting::Scalar("0")}})},
                 {"object_storage", Setting::Map({{"attempts", Setting::Scalar("1")}})}})) {
    SetS3Credentials();
    store_ = *place_.Open();
    SaveParquet(file(), *Rows());
  }
  std::filesystem::path file() const { return place_.folder() / kFile; }

  // The error of what follows the first batch, when `change` happened in between.
  template <typename Change>
  Status SecondBatch(const core::DataSource& source, const Change& change,
                     const CallContext& context = {}) {
    HistoricalPlan plan;
    plan.entity_timestamp = "event_timestamp";
    auto& view = plan.views.emplace_back();
    view.view = "stats";
    view.read = {source, "event_timestamp", "", {"driver_id"}, {"f"}};
    view.entity_columns = {"driver_id"};
    view.output_names = {"f"};
    view.output_types = {ValueType::kInt64};
    auto stream = store_->GetHistorical(context, plan, StreamOf(TwoPartsOfEntities()));
    if (!stream.ok()) return stream.status().Annotate("the first batch");
    OwnedArray batch;
    EXPECT_TRUE(NextBatch(stream->get(), batch.get()).ok());
    EXPECT_GT(batch->length, 0);
    change();
    return NextBatch(stream->get(), batch.get()).status();
  }
  template <typename Change>
  Status SecondBatchOfFile(const Change& change, const CallContext& context = {}) {
    return SecondBatch(FileSourceAt(kFile), change, context);
  }
  // The object store answers as `then` says once the first batch is there.
  Status SecondBatchOfS3(const ScriptedS3::Script& then) {
    const auto bytes = Bytes(*Rows());
    std::atomic<bool> changed = false;
    ScriptedS3 s3([&](const S3Request& request) {
      return changed ? then(request) : ScriptedS3::Object(request, bytes);
    });
    auto source = FileSourceAt("s3://lake/a.parquet");
    source.mutable_file_options()->set_s3_endpoint_override(s3.endpoint());
    return SecondBatch(source, [&] { changed = true; });
  }

  ParquetQuirks place_;
  std::unique_ptr<OfflineStore> store_;
};

TEST_F(StreamErrorsTest, NothingWrongIsNoError) {
  EXPECT_TRUE(SecondBatchOfFile([] {}).ok());
}

TEST_F(StreamErrorsTest, AFileThatVanished) {
  const auto status = SecondBatchOfFile([&] { std::filesystem::remove(file()); });
  EXPECT_EQ(status.code(), StatusCode::kNotFound) << status.ToString();
  EXPECT_EQ(status.kind(), ErrorKind::kFileNotFound);
  EXPECT_THAT(status.message(), HasSubstr(kFile));
}

TEST_F(StreamErrorsTest, AColumnThatVanished) {
  const auto status = SecondBatchOfFile([&] { SaveParquet(file(), *Rows("g")); });
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.ToString();
  EXPECT_EQ(status.kind(), ErrorKind::kKeyError);
  EXPECT_THAT(status.message(), HasSubstr("'f'"));
}

TEST_F(StreamErrorsTest, AFileThatWasDamaged) {
  const auto status = SecondBatchOfFile([&] { std::ofstream(file()) << "no Parquet at all"; });
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status.ToString();
}

TEST_F(StreamErrorsTest, AContextThatEnded) {
  const CallContext context;
  EXPECT_EQ(SecondBatchOfFile([&] { context.Cancel(); }, context).code(), StatusCode::kCancelled);
}

TEST_F(StreamErrorsTest, AnswersOfAnObjectStore) {
  const auto said = [&](int status) {
    return SecondBatchOfS3([=](const S3Request&) { return S3Answer{status, "", {}}; });
  };
  const auto refused = said(403);
  EXPECT_EQ(refused.kind(), ErrorKind::kPermissionError) << refused.ToString();
  const auto gone = said(404);
  EXPECT_EQ(gone.code(), StatusCode::kNotFound) << gone.ToString();
  EXPECT_EQ(gone.kind(), ErrorKind::kFileNotFound);
  const auto broken = said(503);
  EXPECT_EQ(broken.code(), StatusCode::kUnavailable) << broken.ToString();
  EXPECT_EQ(broken.kind(), ErrorKind::kOsError);
  const auto bytes = Bytes(*Rows());
  const auto reset = SecondBatchOfS3([&](const S3Request& request) {
    auto answer = ScriptedS3::Object(request, bytes);
    if (request.method == "GET") answer.cut = 10;
    return answer;
  });
  EXPECT_EQ(reset.code(), StatusCode::kUnavailable) << reset.ToString();
}

// Entity rows may come from a stream of ours, too.
TEST_F(StreamErrorsTest, WhatFailsInRowsThatAreGivenToTheStore) {
  class FailingRows final : public BatchSource {
   public:
    Result<OwnedSchema> Schema() override {
      OwnedStream rows = StreamOf(Rows());
      return SchemaOfStream(rows.get());
    }
    Result<OwnedArray> Next() override {
      return Status(StatusCode::kUnavailable, "the source of the rows", ErrorKind::kOsError);
    }
  };
  const auto written =
      store_->WriteRows({}, FileSourceAt(kFile), StreamOver(std::make_unique<FailingRows>()));
  EXPECT_EQ(written.code(), StatusCode::kUnavailable) << written.ToString();
  EXPECT_EQ(written.kind(), ErrorKind::kOsError);
}

}  // namespace

namespace offline_conformance {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OfflineStoreConformance);
}  // namespace offline_conformance
}  // namespace feast
