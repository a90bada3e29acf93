#include "feast/registry/equality.h"

#include "feast/registry/test_objects.h"

namespace feast {
namespace {

core::FeatureView View(const std::string& more) {
  return RegistryOf("feature_views { spec { name: 'v' " + more + " } }").feature_views(0);
}

TEST(SpecDifferences, FeatureView) {
  const struct {
    const char* left;
    const char* right;
    size_t differences;
  } cases[] = {
      {"", "", 0},
      {"project: 'p'", "project: 'q'", 0},
      {"version: 'latest'", "", 0},
      {"version: 'v2'", "version: 'Version2'", 0},
      {"version: 'v2'", "", 1},
      {"ttl {}", "", 0},
      {"ttl { seconds: 1 }", "ttl { seconds: 2 }", 1},
      {"disabled: true", "", 1},
      {"tags { key: 'a' value: '1' } tags { key: 'b' value: '2' }",
       "tags { key: 'b' value: '2' } tags { key: 'a' value: '1' }", 0},
      {"features { name: 'a' } features { name: 'b' }",
       "features { name: 'b' } features { name: 'a' }", 0},
      {"features { name: 'a' vector_index: true }", "features { name: 'a' }", 1},
      {"features { name: 'a' vector_search_metric: 'l2' }", "features { name: 'a' }", 1},
      {"batch_source { name: 's' meta { created_timestamp { seconds: 1 } } }",
       "batch_source { name: 's' }", 0},
      {"batch_source { name: 's' data_source_class_type: 'x' }", "batch_source { name: 's' }", 0},
      {"batch_source { name: 's' timestamp_field: 't' }", "batch_source { name: 's' }", 1},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(SpecDifferences(View(test.left), View(test.right)).size(), test.differences)
        << test.left << " | " << test.right;
  }
}

TEST(SchemaOrUdfChanged, FeatureView) {
  EXPECT_FALSE(SchemaOrUdfChanged(View("ttl { seconds: 1 } online: true"), View("owner: 'x'")));
  EXPECT_TRUE(SchemaOrUdfChanged(View("entities: 'a'"), View("entities: 'b'")));
  EXPECT_TRUE(SchemaOrUdfChanged(View("features { name: 'a' vector_index: true }"),
                                 View("features { name: 'a' }")));
}

core::OnDemandFeatureView OnDemand(const std::string& more) {
  return RegistryOf("on_demand_feature_views { spec { name: 'o' " + more + " } }")
      .on_demand_feature_views(0);
}

TEST(SchemaOrUdfChanged, FunctionsCompareBySourceTextWhenThereIsOne) {
  const std::string head = "feature_transformation { user_defined_function { body: '";
  EXPECT_FALSE(SchemaOrUdfChanged(OnDemand(head + "1' body_text: 'f' } }"),
                                  OnDemand(head + "2' body_text: 'f' } }")));
  EXPECT_TRUE(SchemaOrUdfChanged(OnDemand(head + "1' body_text: 'f' } }"),
                                 OnDemand(head + "1' body_text: 'g' } }")));
  EXPECT_TRUE(SchemaOrUdfChanged(OnDemand(head + "1' } }"), OnDemand(head + "2' } }")));
  EXPECT_FALSE(SchemaOrUdfChanged(OnDemand("user_defined_function { body_text: 'f' }"),
                                  OnDemand(head + "2' body_text: 'f' } }")));
}

}  // namespace
}  // namespace feast
