#include "feast/server/data_frame.h"

#include <gtest/gtest.h>

#include "feast/codec/value_json.h"

namespace feast {
namespace {

RawValue::Map Frame(std::string_view json) {
  auto parsed = ParsePythonJson(json);
  EXPECT_TRUE(parsed.ok()) << parsed.status().ToString();
  return std::get<RawValue::Map>((*parsed).data);
}

struct Read {
  OwnedSchema schema;
  OwnedArray batch;
};

Read ReadAll(OwnedStream stream) {
  Read read;
  EXPECT_EQ(stream->get_schema(stream.get(), read.schema.get()), 0);
  EXPECT_EQ(stream->get_next(stream.get(), read.batch.get()), 0);
  return read;
}

TEST(DataFrameTest, TypesFollowTheValues) {
  auto stream = DataFrameToStream(Frame(
      R"({"i":[1,null],"d":[1,2.5],"b":[true,false],"s":["é",null],"l":[[1,2],null],"e":[[],[1.5]],"n":[null,null]})"));
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  const Read read = ReadAll(*std::move(stream));
  std::string formats;
  for (int64_t i = 0; i < read.schema->n_children; ++i) {
    formats += std::string(read.schema->children[i]->name) + read.schema->children[i]->format + " ";
  }
  EXPECT_EQ(formats, "il dg bb su l+l e+l nn ");
  EXPECT_EQ(read.batch->length, 2);
  EXPECT_EQ(read.batch->children[0]->null_count, 1);
  const auto* doubles = static_cast<const double*>(read.batch->children[1]->buffers[1]);
  EXPECT_EQ(doubles[0], 1.0);
  EXPECT_EQ(doubles[1], 2.5);
  EXPECT_STREQ(read.schema->children[5]->children[0]->format, "g");
}

TEST(DataFrameTest, NaNIsNullInAnyColumn) {
  auto stream = DataFrameToStream(Frame(R"({"d":[NaN,Infinity],"i":[1,NaN],"s":["x",NaN]})"));
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  const Read read = ReadAll(*std::move(stream));
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read.batch->children[i]->null_count, 1) << i;
    EXPECT_EQ(std::string(read.schema->children[i]->format), std::string(1, "glu"[i]));
  }
}

TEST(DataFrameTest, NamesColumnsOfUnequalLength) {
  const auto stream = DataFrameToStream(Frame(R"({"driver_id":[1],"speed":[1.0,2.0]})"));
  ASSERT_FALSE(stream.ok());
  const std::string message = stream.status().message();
  for (const char* part : {"length", "'driver_id' has 1", "'speed' has 2"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(DataFrameTest, RefusesWhatHasNoColumnType) {
  for (const char* json : {R"({"c":5})", R"({"c":[1,"x"]})", R"({"c":[{}]})",
                           R"({"c":[[1],["x"]]})", R"({"c":[true,1]})"}) {
    const auto stream = DataFrameToStream(Frame(json));
    ASSERT_FALSE(stream.ok()) << json;
    EXPECT_NE(stream.status().message().find("'c'"), std::string::npos);
  }
}

TEST(DataFrameTest, EmptyFrame) {
  auto stream = DataFrameToStream(Frame("{}"));
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(ReadAll(*std::move(stream)).batch->length, 0);
}

}  // namespace
}  // namespace feast
