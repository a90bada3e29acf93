#include "feast/server/grpc/reflection.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <vector>

#include "feast/codec/wire_format.h"

namespace feast {
namespace {

const Reflection& Ours() {
  static const Reflection kReflection({"GrpcFeatureServer", "feast.serving.ServingService"});
  return kReflection;
}

/// The member of the answer's oneof.
WireField Ask(uint32_t field, std::string_view value, std::string* keep) {
  std::string request;
  AppendBytesField(field, value, &request);
  *keep = Ours().Answer(request).body;
  WireReader reader(*keep);
  WireField member;
  EXPECT_TRUE(reader.Next(&member));
  EXPECT_EQ(member.field, 2u);
  EXPECT_EQ(member.bytes, request);
  EXPECT_TRUE(reader.Next(&member));
  return member;
}

std::vector<std::string> Files(uint32_t field, std::string_view value) {
  std::string keep;
  const WireField member = Ask(field, value, &keep);
  EXPECT_EQ(member.field, 4u);
  std::vector<std::string> names;
  WireReader reader(member.bytes);
  WireField file;
  while (reader.Next(&file)) {
    google::protobuf::FileDescriptorProto proto;
    EXPECT_TRUE(proto.ParseFromArray(file.bytes.data(), static_cast<int>(file.bytes.size())));
    names.push_back(proto.name());
  }
  return names;
}

TEST(ReflectionTest, ListsServices) {
  std::string keep;
  const WireField member = Ask(7, "", &keep);
  EXPECT_EQ(member.field, 6u);
  EXPECT_EQ(member.bytes,
            "\x0a\x13\x0a\x11GrpcFeatureServer"
            "\x0a\x1e\x0a\x1c"
            "feast.serving.ServingService");
}

TEST(ReflectionTest, FilesComeWithWhatTheyImport) {
  const std::vector<std::string> serving = {"google/protobuf/timestamp.proto",
                                            "feast/types/Value.proto",
                                            "feast/serving/ServingService.proto"};
  EXPECT_EQ(Files(4, "feast.serving.ServingService"), serving);
  EXPECT_EQ(Files(4, "feast.serving.ServingService.GetOnlineFeatures"), serving);
  EXPECT_EQ(Files(3, "feast/serving/ServingService.proto"), serving);
  EXPECT_EQ(Files(4, "GrpcFeatureServer").back(), "feast/serving/GrpcServer.proto");
  EXPECT_EQ(Files(4, "grpc.health.v1.Health").size(), 1u);
}

TEST(ReflectionTest, UnknownNamesAreAnErrorInTheAnswer) {
  for (const uint32_t field : {3u, 4u, 5u, 6u}) {
    std::string keep;
    const WireField member = Ask(field, "nope", &keep);
    EXPECT_EQ(member.field, 7u) << field;
    EXPECT_EQ(member.bytes.substr(0, 2), "\x08\x05");  // NOT_FOUND
  }
  std::string keep;
  EXPECT_EQ(Ask(6, "feast.types.Value", &keep).field, 5u);
  EXPECT_EQ(Ours().Answer("\x3a\x05").code, StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace feast
