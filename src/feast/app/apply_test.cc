#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "feast/app/feature_store.h"
#include "feast/registry/view_state.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

core::Registry Definitions(const std::vector<std::string>& views,
                           const std::string& type = "FLOAT") {
  std::string text =
      "data_sources { name: 's' timestamp_field: 'ts' } entities { spec { name: 'e' } } ";
  for (const std::string& view : views) {
    text.append("feature_views { spec { name: '").append(view);
    text.append("' entities: 'e' online: true entity_columns { name: 'e' value_type: STRING } ");
    text.append("features { name: 'f' value_type: ").append(type);
    text.append(" } batch_source { name: 's' timestamp_field: 'ts' } } } ");
  }
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &registry)) << text;
  return registry;
}

/// A repository in a folder of its own, with a file registry and SQLite.
class ApplyTest : public testing::Test {
 protected:
  ApplyTest() {
    char name[] = "/tmp/feast_apply_XXXXXX";
    folder_ = ::mkdtemp(name);
    fs::create_directories(folder_ / "data");
    Configure("");
  }
  ~ApplyTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  void Configure(const std::string& registry_settings) {
    auto config = ParseRepoConfig(
        "project: p\nregistry: {path: data/registry.db" + registry_settings +
            "}\nprovider: local\nonline_store: {type: sqlite, path: data/online.db}\n",
        folder_, "feature_store.yaml", Environment());
    ASSERT_TRUE(config.ok()) << config.status().ToString();
    config_ = *std::move(config);
    auto store = FeatureStore::Open(config_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  ApplyReport Apply(const core::Registry& desired) {
    auto report = store_->Apply({}, desired, options_);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *std::move(report) : ApplyReport();
  }
  core::Registry Registered() { return (*store_->registry().Refresh())->proto(); }
  bool HasTable(const std::string& view, int version = 0) {
    OnlineTable table;
    table.project = "p";
    table.view = view;
    table.version = version;
    const auto rows = store_->online_store()->ReadAndWait(
        {}, {{std::make_shared<const OnlineTable>(table), {"f"}, {"key"}}});
    return rows.ok();
  }
  std::vector<std::string> Recorded() {
    std::vector<std::string> names;
    const core::Registry registry = Registered();
    for (const auto& object : registry.infra().infra_objects()) {
      names.push_back(object.sqlite_table().name());
    }
    return names;
  }

  fs::path folder_;
  RepoConfig config_;
  std::unique_ptr<FeatureStore> store_;
  const ApplyOptions options_{.project = "p", .partial = false};
};

using Names = std::vector<std::string>;

TEST_F(ApplyTest, CreatesAndDropsTablesAndSaysSo) {
  EXPECT_EQ(Apply(Definitions({"a", "b"})).tables_created, (Names{"a", "b"}));
  EXPECT_TRUE(HasTable("a") && HasTable("b"));
  EXPECT_EQ(Recorded(), (Names{"p_a", "p_b"}));
  EXPECT_EQ(store_->Plan(Definitions({"a"}), options_)->tables_dropped, Names{"b"});
  EXPECT_TRUE(HasTable("b")) << "a plan changes nothing";
  const ApplyReport report = Apply(Definitions({"a"}));
  EXPECT_EQ(report.tables_dropped, Names{"b"});
  EXPECT_TRUE(report.tables_created.empty());
  EXPECT_TRUE(HasTable("a"));
  EXPECT_FALSE(HasTable("b"));
  EXPECT_EQ(Recorded(), Names{"p_a"});
}

TEST_F(ApplyTest, AnApplyThatDiedBeforeDroppingIsFinishedByTheNext) {
  Apply(Definitions({"a", "b"}));
  const auto plan = PlanApply(Registered(), Definitions({"a"}), options_, config_, 0);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_TRUE(store_->registry()
                  .Mutate({},
                          [&](core::Registry* registry) {
                            *registry = plan->next;  // The commit, and nothing after it.
                            return Status::OK();
                          })
                  .ok());
  EXPECT_EQ(Recorded(), (Names{"p_a", "p_b"})) << "the note that b's table is still there";
  EXPECT_TRUE(HasTable("b"));
  EXPECT_EQ(Apply(Definitions({"a"})).tables_dropped, Names{"b"});
  EXPECT_FALSE(HasTable("b")) << "stale rows would come back with a view of that name";
  EXPECT_EQ(Recorded(), Names{"p_a"});
}

TEST_F(ApplyTest, AnApplyThatDiedBeforeTheCommitIsRepeated) {
  const auto plan = PlanApply(Registered(), Definitions({"a"}), options_, config_, 0);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_TRUE(store_->online_store()->UpdateInfrastructure({}, {plan->tables.keep, {}}).ok());
  EXPECT_EQ(Registered().feature_views_size(), 0);
  EXPECT_EQ(Apply(Definitions({"a"})).tables_created, Names{"a"});
  EXPECT_EQ(Registered().feature_views_size(), 1);
}

TEST_F(ApplyTest, AViewThatCameBackMeanwhileKeepsItsTable) {
  Apply(Definitions({"a", "b"}));
  const auto plan = PlanApply(Registered(), Definitions({"a"}), options_, config_, 0);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  core::Registry registry = Registered();
  ASSERT_TRUE(DropOrphans({}, config_, plan->tables.drop, store_->online_store(), &registry).ok());
  EXPECT_TRUE(HasTable("b"));
}

TEST_F(ApplyTest, ARefusedApplyChangesNothing) {
  Apply(Definitions({"a", "b"}));
  const std::string before = Registered().SerializeAsString();
  const auto refused = store_->Apply({}, Definitions({"b", "B"}), options_);
  EXPECT_EQ(refused.status().kind(), ErrorKind::kConflictingFeatureViewNames);
  EXPECT_EQ(Registered().SerializeAsString(), before);
  EXPECT_TRUE(HasTable("a") && HasTable("b"));
}

TEST_F(ApplyTest, AViewThatIsSwitchedOffDoesNotServeUntilItIsOnAgain) {
  Apply(Definitions({"a"}));
  OnlineRequest request;
  request.features = {"a:f"};
  request.entities = {{"e", {RawValue{std::string("x")}}}};
  const auto ask = [&] { return store_->retriever().RetrieveAndWait({}, request).status(); };
  EXPECT_TRUE(ask().ok()) << ask().ToString();
  ASSERT_TRUE(SetViewEnabled(store_->registry(), {}, "p", "a", false, 1).ok());
  EXPECT_EQ(ask().message(),
            "Feature view 'a' is disabled and cannot serve features. Enable it with `feast "
            "feature-views enable a` or set enabled=True.");
  ASSERT_TRUE(SetViewEnabled(store_->registry(), {}, "p", "a", true, 1).ok());
  EXPECT_TRUE(ask().ok());
  EXPECT_EQ(SetViewEnabled(store_->registry(), {}, "p", "none", true, 1).message(),
            "Feature view none does not exist in project p");
}

TEST_F(ApplyTest, VersionedTablesAreMadeAndOldVersionsStay) {
  Configure(", enable_online_feature_view_versioning: true");
  Apply(Definitions({"a"}));
  EXPECT_EQ(Apply(Definitions({"a"}, "DOUBLE")).tables_created, Names{"a_v1"});
  EXPECT_TRUE(HasTable("a", 1));
  EXPECT_TRUE(HasTable("a")) << "a@v0 is still read";
  EXPECT_EQ(Recorded(), Names{"p_a_v1"});
  EXPECT_EQ(Apply(Definitions({})).tables_dropped, Names{"a"});
  EXPECT_FALSE(HasTable("a", 1) || HasTable("a"));
}

}  // namespace
}  // namespace feast
