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

}  // namespace
}  // namespace feast
