#include "feast/server/http/body_fields.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

TEST(BodyFieldsTest, ReadsLaxly) {
  BodyFields fields(R"({"a":"x","f":"Yes","g":1,"n":null,"l":["p","q"],"c":{"k":[1,null]},"z":0})");
  EXPECT_EQ(fields.Text("a"), "x");
  EXPECT_EQ(fields.Text("missing", "online"), "online");
  EXPECT_TRUE(fields.Flag("f", false));
  EXPECT_TRUE(fields.Flag("g", false));
  EXPECT_FALSE(fields.Flag("z", true));
  EXPECT_EQ(fields.OptionalText("n"), std::nullopt);
  EXPECT_EQ(fields.OptionalTextList("n"), std::nullopt);
  EXPECT_EQ(fields.TextList("l"), (std::vector<std::string>{"p", "q"}));
  const auto columns = fields.Columns("c");
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0].second.size(), 2u);
  EXPECT_TRUE(fields.ok());
}

TEST(BodyFieldsTest, TakesTheNumbersThatPythonWrites) {
  BodyFields fields(R"({"c":{"x":[NaN,-Infinity,1]}})");
  const auto columns = fields.Columns("c");
  ASSERT_TRUE(fields.ok()) << fields.Refusal().body;
  EXPECT_EQ(std::get<double>(columns[0].second[1].data), -std::numeric_limits<double>::infinity());
  BodyFields refused(R"({"c":NaN})");
  refused.Columns("c");
  EXPECT_EQ(refused.Refusal().status, 422);
  EXPECT_NE(refused.Refusal().body.find(R"("input":"NaN")"), std::string::npos);
}

TEST(BodyFieldsTest, TextThatIsNoJsonTextIs400) {
  for (const std::string& body :
       {std::string("{\"a\":\"\xff\"}"), std::string(100'000, '[') + std::string(100'000, ']')}) {
    BodyFields fields(body);
    fields.Text("a");
    ASSERT_FALSE(fields.ok());
    EXPECT_EQ(fields.Refusal().status, 400);
    EXPECT_TRUE(fields.Refusal().body.starts_with(
        R"({"detail":"There was an error parsing the body: invalid JSON)"))
        << fields.Refusal().body;
  }
}

TEST(BodyFieldsTest, QueryParametersAreCheckedToo) {
  HttpRequest request;
  request.query = "async=yes&force=maybe";
  BodyFields fields("{}");
  EXPECT_TRUE(fields.QueryFlag(request, "async", false));
  EXPECT_TRUE(fields.QueryFlag(request, "absent", true));
  EXPECT_TRUE(fields.ok());
  EXPECT_FALSE(fields.QueryFlag(request, "force", false));
  EXPECT_NE(fields.Refusal().body.find(R"("loc":["query","force"])"), std::string::npos);
}

TEST(BodyFieldsTest, SaysWhatIsWrongAsFastApiDoes) {
  BodyFields fields(R"({"e":[],"n":null,"c":{"id":5},"l":["a",1]})");
  fields.Object("e");
  fields.Text("missing");
  fields.Flag("n", false);
  fields.Columns("c");
  fields.TextList("l");
  ASSERT_FALSE(fields.ok());
  const HttpResponse refusal = fields.Refusal();
  EXPECT_EQ(refusal.status, 422);
  for (
      const char* part :
      {R"({"detail":[{"type":"dict_type","loc":["body","e"],"msg":"Input should be a valid dictionary","input":[]})",
       R"({"type":"missing","loc":["body","missing"],"msg":"Field required","input":{)",
       R"({"type":"bool_type","loc":["body","n"],"msg":"Input should be a valid boolean","input":null})",
       R"({"type":"list_type","loc":["body","c","id"],"msg":"Input should be a valid list","input":5})",
       R"({"type":"string_type","loc":["body","l",1],"msg":"Input should be a valid string","input":1})"}) {
    EXPECT_NE(refusal.body.find(part), std::string::npos) << refusal.body << "\n" << part;
  }
}

TEST(BodyFieldsTest, BodiesThatAreNoObject) {
  for (const char* body :
       {"", "{", "[]", "null", R"({"entities": {}} x)", R"({"entities": NaN})"}) {
    BodyFields fields(body);
    fields.Columns("entities");
    EXPECT_FALSE(fields.ok()) << body;
    EXPECT_EQ(fields.Refusal().status, 422) << body;
  }
}

}  // namespace
}  // namespace feast
