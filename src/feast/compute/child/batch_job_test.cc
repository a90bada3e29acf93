#include "feast/compute/child/batch_job.h"

#include <gtest/gtest.h>

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

TEST(BatchJobTest, MaterializationsCross) {
  MaterializeRequest request;
  request.start = -1;
  request.end = 2;
  request.views = {"a", "b \"quoted\""};
  request.version = "v3";
  request.jobs = 4;
  BatchJob job;
  job.work = request;
  job.principal = {"me", {"reader", "writer"}};
  job.trace_id = "t";
  const auto bytes = EncodeBatchJob(std::move(job));
  ASSERT_TRUE(bytes.ok());
  const auto back = DecodeBatchJob(*bytes);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  const auto& copy = std::get<MaterializeRequest>(back->work);
  EXPECT_EQ(copy.start, -1);
  EXPECT_EQ(copy.end, 2);
  EXPECT_EQ(copy.views, request.views);
  EXPECT_EQ(copy.version, "v3");
  EXPECT_EQ(copy.jobs, 4);
  EXPECT_EQ(back->principal.name, "me");
  EXPECT_EQ(back->principal.roles, (std::vector<std::string>{"reader", "writer"}));
  EXPECT_EQ(back->trace_id, "t");
}

OwnedStream TwoRows() {
  OwnedSchema schema;
  OwnedArray batch;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 2), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[0], NANOARROW_TYPE_INT64), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[0], "id"), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[1], NANOARROW_TYPE_NA), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[1], "nothing"), NANOARROW_OK);
  EXPECT_EQ(ArrowArrayInitFromSchema(batch.get(), schema.get(), nullptr), NANOARROW_OK);
  EXPECT_EQ(ArrowArrayStartAppending(batch.get()), NANOARROW_OK);
  for (const int64_t id : {7, 8}) {
    EXPECT_EQ(ArrowArrayAppendInt(batch->children[0], id), NANOARROW_OK);
    EXPECT_EQ(ArrowArrayAppendNull(batch->children[1], 1), NANOARROW_OK);
    EXPECT_EQ(ArrowArrayFinishElement(batch.get()), NANOARROW_OK);
  }
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(batch.get(), nullptr), NANOARROW_OK);
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(batch));
  return StreamOfBatches(std::move(schema), std::move(batches));
}

TEST(BatchJobTest, PushedRowsCross) {
  BatchJob job;
  job.work = OfflinePush{"source", TwoRows()};
  const auto bytes = EncodeBatchJob(std::move(job));
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  auto back = DecodeBatchJob(*bytes);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  auto& push = std::get<OfflinePush>(back->work);
  EXPECT_EQ(push.push_source, "source");
  OwnedArray batch;
  ASSERT_TRUE(*NextBatch(push.rows.get(), batch.get()));
  EXPECT_EQ(batch->length, 2);
  EXPECT_EQ(static_cast<const int64_t*>(batch->children[0]->buffers[1])[1], 8);
}

TEST(BatchJobTest, DamagedBytesAreDataLoss) {
  BatchJob job;
  job.work = OfflinePush{"source", TwoRows()};
  const std::string whole = *EncodeBatchJob(std::move(job));
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto back = DecodeBatchJob(std::string_view(whole).substr(0, size));
    // Cut inside the rows it may still be a job with fewer batches.
    if (back.ok()) continue;
    EXPECT_EQ(back.status().code(), StatusCode::kDataLoss) << size;
  }
  EXPECT_FALSE(DecodeBatchJob(std::string(8, '\xff') + "{}").ok());
  EXPECT_EQ(DecodeStatus("{}").code(), StatusCode::kDataLoss);
  EXPECT_FALSE(DecodeBatchProgress("[1]").ok());
}

TEST(BatchJobTest, StatusesKeepCodeKindAndMessage) {
  const Status status = DecodeStatus(
      EncodeStatus(Status::NotFound("no view \"ü\"", ErrorKind::kFeatureViewNotFound)));
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.kind(), ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(status.message(), "no view \"ü\"");
  EXPECT_TRUE(DecodeStatus(EncodeStatus(Status::OK())).ok());
}

}  // namespace
}  // namespace feast
