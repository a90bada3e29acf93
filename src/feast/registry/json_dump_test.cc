#include "feast/registry/json_dump.h"

#include "feast/registry/test_objects.h"

namespace feast {
namespace {

TEST(DumpRegistryJson, SortedIndentedAscii) {
  const auto registry = RegistryOf(
      "entities { spec { name: 'b' project: 'p' description: '\xc3\xa9\\n' value_type: INT64 } } "
      "entities { spec { name: 'a' project: 'p' tags { key: 'k' value: '' } } } "
      "entities { spec { name: 'c' project: 'q' } }");
  const auto text = DumpRegistryJson(*RegistrySnapshot::Make(registry), "p");
  ASSERT_TRUE(text.ok()) << text.status().ToString();
  EXPECT_EQ(*text, R"({
  "entities": [
    {
      "spec": {
        "name": "a",
        "project": "p",
        "tags": {
          "k": ""
        }
      }
    },
    {
      "spec": {
        "description": "\u00e9\n",
        "name": "b",
        "project": "p",
        "valueType": "INT64"
      }
    }
  ],
  "project": "p"
})");
}

TEST(DumpRegistryJson, FunctionsShowTheirSource) {
  const auto registry = RegistryOf(
      "on_demand_feature_views { spec { name: 'o' project: 'p' singleton: true "
      "feature_transformation { user_defined_function { body: 'pickle' body_text: 'def f' } } } }");
  const auto text = DumpRegistryJson(*RegistrySnapshot::Make(registry), "p");
  ASSERT_TRUE(text.ok());
  EXPECT_NE(text->find("\"body\": \"def f\""), std::string::npos) << *text;
  EXPECT_NE(text->find("\"singleton\": true"), std::string::npos) << *text;
}

}  // namespace
}  // namespace feast
