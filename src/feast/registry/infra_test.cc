#include "feast/registry/infra.h"

#include "feast/registry/test_objects.h"

namespace feast {
namespace {

TEST(Infra, OneTableAView) {
  const auto registry = RegistryOf(
      "feature_views { spec { name: 'w' project: 'p' } meta { current_version_number: 2 } } "
      "feature_views { spec { name: 'v' project: 'p' } } feature_views { spec { name: 'x' project: "
      "'q' } } "
      "label_views { spec { name: 'l' project: 'p' } }");
  const core::Infra infra = InfraFor(registry, "p", "/a.db", true);
  ASSERT_EQ(infra.infra_objects_size(), 2);
  EXPECT_EQ(infra.infra_objects(0).sqlite_table().name(), "p_v");
  EXPECT_EQ(infra.infra_objects(1).sqlite_table().name(), "p_w_v2");
}

TEST(Infra, OtherProjectsKeepTheirTables) {
  auto registry = RegistryOf(
      "projects { spec { name: 'p' } } projects { spec { name: 'p_q' } } "
      "feature_views { spec { name: 'v' project: 'p' } } "
      "feature_views { spec { name: 'x' project: 'p_q' } }");
  for (const char* project : {"p", "p_q", "p", "p"}) {
    StoreInfra(&registry, InfraFor(registry, project, "/a", false), project);
  }
  EXPECT_EQ(registry.infra().infra_objects_size(), 2);
  EXPECT_TRUE(OrphanedTables(registry, "p", "/a").empty()) << "p_q_x is not p's";
  registry.clear_feature_views();
  EXPECT_EQ(OrphanedTables(registry, "p", "/a"), std::vector<std::string>{"v"});
  EXPECT_EQ(OrphanedTables(registry, "p_q", "/a"), std::vector<std::string>{"x"});
  EXPECT_TRUE(OrphanedTables(registry, "p", "/elsewhere").empty());
}

TEST(Infra, TablesComeMoveAndGo) {
  auto registry = RegistryOf(
      "projects { spec { name: 'p' } } projects { spec { name: 'p_q' } } "
      "feature_views { spec { name: 'came' project: 'p' } } "
      "feature_views { spec { name: 'moved' project: 'p' } } "
      "feature_views { spec { name: 'stayed' project: 'p' } }");
  for (const char* name : {"p_moved", "p_gone", "p_q_other"}) {
    AddTable(registry.mutable_infra(), "/a", name);
  }
  AddTable(registry.mutable_infra(), "/b", "p_stayed");
  std::vector<std::string> changes;
  for (const auto& table : DiffTables(registry, InfraFor(registry, "p", "/b", false), "p")) {
    changes.push_back(table.name + ": " + table.old_path + " -> " + table.new_path);
  }
  EXPECT_EQ(changes,
            (std::vector<std::string>{"p_came:  -> /b", "p_gone: /a -> ", "p_moved: /a -> /b"}));
}

TEST(Infra, VersionsBelongToTheirViewAndANameThatLooksLikeAProjectIsListedOnce) {
  auto registry = RegistryOf(
      "projects { spec { name: 'p' } } projects { spec { name: 'p_q' } } "
      "feature_views { spec { name: 'q_v' project: 'p' } meta { current_version_number: 3 } }");
  AddTable(registry.mutable_infra(), "/a", "p_q_v_v1");
  for (int twice = 0; twice < 2; ++twice) {
    StoreInfra(&registry, InfraFor(registry, "p", "/a", true), "p");
  }
  EXPECT_EQ(registry.infra().infra_objects_size(), 2);
  registry.clear_projects();
  EXPECT_TRUE(OrphanedTables(registry, "p", "/a").empty()) << "an old version is not an orphan";
}

}  // namespace
}  // namespace feast
