#include "feast/types/arrow_stream.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

OwnedSchema TwoColumns() {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 2), 0);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[0], NANOARROW_TYPE_INT64), 0);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[0], "id"), 0);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[1], NANOARROW_TYPE_STRING), 0);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[1], "name"), 0);
  return schema;
}

OwnedArray Rows(const ArrowSchema& schema, int count) {
  OwnedArray array;
  EXPECT_EQ(ArrowArrayInitFromSchema(array.get(), &schema, nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(ArrowArrayAppendInt(array->children[0], i), 0);
    EXPECT_EQ(ArrowArrayAppendString(array->children[1], ArrowCharView("x")), 0);
    EXPECT_EQ(ArrowArrayFinishElement(array.get()), 0);
  }
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  return array;
}

TEST(ArrowStreamTest, HandsOutItsBatchesInOrderThenEnds) {
  OwnedSchema schema = TwoColumns();
  std::vector<OwnedArray> batches;
  batches.push_back(Rows(*schema.get(), 3));
  batches.push_back(Rows(*schema.get(), 0));
  batches.push_back(Rows(*schema.get(), 2));
  OwnedStream stream = StreamOfBatches(std::move(schema), std::move(batches));

  auto read_schema = SchemaOfStream(stream.get());
  ASSERT_TRUE(read_schema.ok());
  EXPECT_EQ(ColumnIndex(*read_schema->get(), "name"), 1);
  EXPECT_EQ(ColumnIndex(*read_schema->get(), "absent"), -1);

  OwnedArray batch;
  for (int64_t rows : {3, 0, 2}) {
    auto more = NextBatch(stream.get(), batch.get());
    ASSERT_TRUE(more.ok() && *more);
    EXPECT_EQ(batch->length, rows);
  }
  auto more = NextBatch(stream.get(), batch.get());
  ASSERT_TRUE(more.ok());
  EXPECT_FALSE(*more);
}

TEST(ArrowStreamTest, AReleasedStreamIsAnError) {
  OwnedStream stream;
  OwnedArray batch;
  EXPECT_EQ(NextBatch(stream.get(), batch.get()).status().code(), StatusCode::kInternal);
  EXPECT_EQ(SchemaOfStream(stream.get()).status().code(), StatusCode::kInternal);
}

TEST(ArrowStreamTest, UnreadBatchesAreReleasedWithTheStream) {
  OwnedSchema schema = TwoColumns();
  std::vector<OwnedArray> batches;
  batches.push_back(Rows(*schema.get(), 3));
  auto copy = CopySchema(*schema.get());
  ASSERT_TRUE(copy.ok());
  OwnedStream stream = StreamOfBatches(*std::move(copy), std::move(batches));
  stream.Reset();
  EXPECT_TRUE(stream.empty());
}

// Gives a batch, then fails.
class FailingSource final : public BatchSource {
 public:
  explicit FailingSource(Status failure) : failure_(std::move(failure)) {}
  Result<OwnedSchema> Schema() override { return TwoColumns(); }
  Result<OwnedArray> Next() override {
    if (given_) return failure_;
    given_ = true;
    const OwnedSchema schema = TwoColumns();
    return Rows(*schema.get(), 1);
  }

 private:
  const Status failure_;
  bool given_ = false;
};

std::vector<Status> AllFailures() {
  std::vector<Status> all;
  for (int code = 1; code <= static_cast<int>(StatusCode::kUnauthenticated); ++code) {
    for (const auto kind : {ErrorKind::kNone, ErrorKind::kKeyError, ErrorKind::kFileNotFound,
                            ErrorKind::kPermissionError, ErrorKind::kOsError}) {
      all.emplace_back(static_cast<StatusCode>(code), "the second batch", kind);
    }
  }
  return all;
}

Status SecondBatch(OwnedStream stream) {
  OwnedArray batch;
  EXPECT_TRUE(NextBatch(stream.get(), batch.get()).ok());
  return NextBatch(stream.get(), batch.get()).status();
}

TEST(ArrowStreamTest, AFailureIsTheSourcesOwn) {
  for (const Status& failure : AllFailures()) {
    const auto fails = [&] { return StreamOver(std::make_unique<FailingSource>(failure)); };
    for (const Status& read : {SecondBatch(fails()), SecondBatch(StreamKeeping(fails(), {}))}) {
      EXPECT_EQ(read.code(), failure.code());
      EXPECT_EQ(read.kind(), failure.kind());
      EXPECT_EQ(read.message(), failure.message());
    }
  }
}

TEST(ArrowStreamTest, OtherReadersGetANumberAndTheText) {
  for (const Status& failure : AllFailures()) {
    OwnedStream stream = StreamOver(std::make_unique<FailingSource>(failure));
    OwnedArray batch;
    ASSERT_EQ(stream->get_next(stream.get(), batch.get()), 0);
    batch.Reset();
    EXPECT_EQ(stream->get_next(stream.get(), batch.get()), ErrorNumberOf(failure));
    EXPECT_NE(ErrorNumberOf(failure), 0) << failure.ToString();
    EXPECT_STREQ(stream->get_last_error(stream.get()), "the second batch");
  }
}

TEST(ArrowStreamTest, NumbersOfOtherStreamsSayWhatFailed) {
  const auto back = [](const Status& failure) {
    return StreamFailure(ErrorNumberOf(failure), failure.message());
  };
  for (const Status& failure :
       {Status::Cancelled("x"), Status::InvalidArgument("x"), Status::DeadlineExceeded("x"),
        Status::NotFound("x", ErrorKind::kFileNotFound), Status::AlreadyExists("x"),
        Status::ResourceExhausted("x"), Status::Unimplemented("x"), Status::DataLoss("x"),
        Status(StatusCode::kAborted, "x"),
        Status(StatusCode::kResourceExhausted, "x", ErrorKind::kOsError),
        Status(StatusCode::kUnavailable, "x", ErrorKind::kOsError),
        Status(StatusCode::kFailedPrecondition, "x", ErrorKind::kPermissionError)}) {
    EXPECT_EQ(back(failure).ToString(), failure.ToString());
    EXPECT_EQ(back(failure).kind(), failure.kind()) << failure.ToString();
  }
  EXPECT_EQ(back({StatusCode::kUnauthenticated, "x"}).kind(), ErrorKind::kPermissionError);
}

}  // namespace
}  // namespace feast
