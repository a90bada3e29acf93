// Failures of later batches across the C interface, in both directions and by Arrow's own readers.
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "feast/types/arrow_stream.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast {
namespace {

const auto kSchema = arrow::schema({arrow::field("id", arrow::int64())});

// Gives a batch, then does what a test says.
class ThenReader final : public arrow::RecordBatchReader {
 public:
  explicit ThenReader(std::function<arrow::Status()> then) : then_(std::move(then)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return kSchema; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    if (given_) return then_();
    given_ = true;
    return arrow::RecordBatch::MakeEmpty(kSchema).Value(out);
  }

 private:
  const std::function<arrow::Status()> then_;
  bool given_ = false;
};

OwnedStream StreamThen(std::function<arrow::Status()> then) {
  return ExportStream(std::make_shared<ThenReader>(std::move(then)));
}

Status SecondBatch(OwnedStream stream) {
  OwnedArray batch;
  EXPECT_TRUE(NextBatch(stream.get(), batch.get()).ok());
  return NextBatch(stream.get(), batch.get()).status();
}

TEST(ArrowStreamsTest, CodesAndKindsCrossAnyNumberOfTimes) {
  for (int code = 1; code <= static_cast<int>(StatusCode::kUnauthenticated); ++code) {
    for (const auto kind : {ErrorKind::kNone, ErrorKind::kKeyError, ErrorKind::kFileNotFound,
                            ErrorKind::kEntityNotFound}) {
      const Status failure(static_cast<StatusCode>(code), "the second batch", kind);
      auto stream = StreamThen([&] { return ToArrow(failure); });
      for (int times = 0; times < 2; ++times) {
        auto reader = ImportStream(std::move(stream));
        ASSERT_TRUE(reader.ok()) << reader.status().ToString();
        stream = ExportStream(*std::move(reader));
      }
      const Status read = SecondBatch(std::move(stream));
      EXPECT_EQ(read.ToString(), failure.ToString());
      EXPECT_EQ(read.kind(), kind);
    }
  }
}

TEST(ArrowStreamsTest, ContextAddedByArrowIsKept) {
  const auto failed = ToArrow(Status::NotFound("gone", ErrorKind::kFileNotFound));
  const Status read = FromArrow(failed.WithMessage("column f: ", failed.message()));
  EXPECT_EQ(read.ToString(), "NOT_FOUND: column f: gone");
  EXPECT_EQ(read.kind(), ErrorKind::kFileNotFound);
}

TEST(ArrowStreamsTest, ExceptionsOfLaterBatchesAreFailures) {
  EXPECT_EQ(SecondBatch(StreamThen([]() -> arrow::Status { throw std::bad_alloc(); })).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(SecondBatch(StreamThen([]() -> arrow::Status {
              throw std::runtime_error("broken");
            })).ToString(),
            "INTERNAL: broken");
}

TEST(ArrowStreamsTest, ArrowsOwnStreamsAndReaders) {
  const auto arrows = [](const arrow::Status& failure) {
    ArrowArrayStream stream{};
    EXPECT_TRUE(arrow::ExportRecordBatchReader(
                    std::make_shared<ThenReader>([=] { return failure; }), &stream)
                    .ok());
    return OwnedStream(&stream);
  };
  EXPECT_EQ(SecondBatch(arrows(arrow::Status::OutOfMemory("x"))).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(SecondBatch(arrows(arrow::Status::IOError("x"))).kind(), ErrorKind::kOsError);
  EXPECT_EQ(SecondBatch(arrows(arrow::Status::Invalid("x"))).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(SecondBatch(arrows(arrow::Status::NotImplemented("x"))).code(),
            StatusCode::kUnimplemented);

  const auto read = [](const Status& failure) {
    auto stream = StreamThen([=] { return ToArrow(failure); }).Take();
    const auto reader = *arrow::ImportRecordBatchReader(&stream);
    std::shared_ptr<arrow::RecordBatch> batch;
    EXPECT_TRUE(reader->ReadNext(&batch).ok());
    return reader->ReadNext(&batch);
  };
  EXPECT_TRUE(read(Status::InvalidArgument("x", ErrorKind::kKeyError)).IsInvalid());
  EXPECT_TRUE(read(Status::ResourceExhausted("x")).IsOutOfMemory());
  EXPECT_TRUE(read(Status::Unimplemented("x")).IsNotImplemented());
  const auto gone = read(Status::NotFound("a.parquet is gone", ErrorKind::kFileNotFound));
  EXPECT_TRUE(gone.IsIOError());
  EXPECT_EQ(gone.message(), "a.parquet is gone");
}

}  // namespace
}  // namespace feast
