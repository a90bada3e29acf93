#include "feast/registry/infra.h"

#include "feast/registry/test_objects.h"

namespace feast {
namespace {

TEST(Infra, OneTableAViewAndMovedTablesAreMadeAgain) {
  const auto registry = RegistryOf(
      "feature_views { spec { name: 'w' project: 'p' } meta { current_version_number: 2 } } "
      "feature_views { spec { name: 'v' project: 'p' } } feature_views { spec { name: 'x' project: "
      "'q' } } "
      "label_views { spec { name: 'l' project: 'p' } }");
  const core::Infra old_infra = InfraFor(registry, "p", "/old.db", true);
  ASSERT_EQ(old_infra.infra_objects_size(), 2);
  EXPECT_EQ(old_infra.infra_objects(0).sqlite_table().name(), "p_v");
  EXPECT_EQ(old_infra.infra_objects(1).sqlite_table().name(), "p_w_v2");
  const core::Infra moved = InfraFor(registry, "p", "/new.db", true);
  EXPECT_EQ(DiffInfra(old_infra, moved, "p").create.size(), 2u);
  EXPECT_EQ(DiffInfra(old_infra, moved, "p").drop.size(), 2u);
  EXPECT_TRUE(DiffInfra(moved, moved, "p").create.empty());
  EXPECT_EQ(DiffInfra({}, moved, "p").create.size(), 2u);
  EXPECT_EQ(DiffInfra(moved, {}, "p").drop.size(), 2u);
}

TEST(Infra, OtherProjectsKeepTheirTables) {
  auto registry = RegistryOf(
      "feature_views { spec { name: 'v' project: 'p' } } "
      "feature_views { spec { name: 'x' project: 'q' } }");
  StoreInfra(&registry, InfraFor(registry, "p", "/a", false), "p");
  StoreInfra(&registry, InfraFor(registry, "q", "/a", false), "q");
  StoreInfra(&registry, InfraFor(registry, "q", "/a", false), "q");
  EXPECT_EQ(registry.infra().infra_objects_size(), 2);
}

}  // namespace
}  // namespace feast
