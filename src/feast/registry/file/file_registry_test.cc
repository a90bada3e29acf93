#include "feast/registry/file/file_registry.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

namespace feast {
namespace {

namespace fs = std::filesystem;

class FileRegistryTest : public testing::Test {
 protected:
  FileRegistryTest() {
    char name[] = "/tmp/feast_registry_XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ / "data" / "registry.db";
  }
  ~FileRegistryTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Registry> Open(int64_t ttl = 600,
                                 RegistryCacheMode mode = RegistryCacheMode::kSync) {
    auto registry = OpenFileRegistry(path_, ttl, mode, clock_);
    EXPECT_TRUE(registry.ok());
    return *std::move(registry);
  }
  static Status AddEntity(Registry* registry, const std::string& name) {
    return registry->Mutate(CallContext(), [&](core::Registry* proto) {
      if (proto->projects().empty()) proto->add_projects()->mutable_spec()->set_name("p");
      auto* spec = proto->add_entities()->mutable_spec();
      spec->set_name(name);
      spec->set_project("p");
      return Status::OK();
    });
  }
  int Entities() { return (*Open()->Refresh())->proto().entities_size(); }
  std::string Bytes() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& bytes) {
    fs::create_directories(path_.parent_path());
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  fs::path folder_;
  fs::path path_;
  FixedClock clock_{5'000'000};
};

TEST_F(FileRegistryTest, MissingFileReadsEmptyAndRefreshCreatesIt) {
  auto registry = Open();
  EXPECT_EQ((*registry->Cached())->proto().ByteSizeLong(), 0u);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ((*registry->Refresh())->proto().registry_schema_version(), "1");
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(FileRegistryTest, MutateStampsAndKeepsPermissions) {
  auto registry = Open();
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  const core::Registry first = (*registry->Cached())->proto();
  EXPECT_EQ(first.version_id().size(), 36u);
  EXPECT_EQ(first.last_updated().seconds(), 5);
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  ASSERT_TRUE(AddEntity(registry.get(), "b").ok());
  EXPECT_NE((*registry->Cached())->proto().version_id(), first.version_id());
  EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0640));
}

TEST_F(FileRegistryTest, AFailedMutationChangesNothing) {
  auto registry = Open();
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  const std::string before = Bytes();
  EXPECT_FALSE(registry
                   ->Mutate(CallContext(),
                            [](core::Registry* proto) {
                              proto->Clear();
                              return Status::Internal("no");
                            })
                   .ok());
  EXPECT_EQ(Bytes(), before);
  EXPECT_TRUE(registry->Mutate(CallContext(), [](core::Registry*) { return Status::OK(); }).ok());
  EXPECT_EQ(Bytes(), before) << "a mutation without effect must not write";
}

TEST_F(FileRegistryTest, CacheModes) {
  auto writer = Open();
  ASSERT_TRUE(AddEntity(writer.get(), "a").ok());
  auto sync = Open(600, RegistryCacheMode::kSync);
  auto timed = Open(600, RegistryCacheMode::kThread);
  auto endless = Open(0, RegistryCacheMode::kThread);
  for (auto* reader : {&sync, &timed, &endless}) ASSERT_TRUE((*reader)->Cached().ok());
  ASSERT_TRUE(AddEntity(writer.get(), "b").ok());
  EXPECT_EQ((*sync->Cached())->proto().entities_size(), 2);
  EXPECT_EQ((*timed->Cached())->proto().entities_size(), 1);
  clock_.Set(5'000'000 + 601 * kMicrosPerSecond);
  EXPECT_EQ((*timed->Cached())->proto().entities_size(), 2);
  EXPECT_EQ((*endless->Cached())->proto().entities_size(), 1);
  EXPECT_EQ((*endless->Refresh())->proto().entities_size(), 2);
}

TEST_F(FileRegistryTest, ChangesOfOthersShowWithoutReading) {
  auto registry = Open(600, RegistryCacheMode::kThread);
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  EXPECT_FALSE(registry->MayHaveChanged());
  ASSERT_TRUE(AddEntity(Open().get(), "b").ok());
  EXPECT_TRUE(registry->MayHaveChanged());
  EXPECT_EQ((*registry->Refresh())->proto().entities_size(), 2);
  EXPECT_FALSE(registry->MayHaveChanged());
}

TEST_F(FileRegistryTest, DamagedFilesAreReportedAndKept) {
  auto registry = Open();
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  const std::string whole = Bytes();
  core::Registry entities_only;
  *entities_only.mutable_entities() = (*registry->Cached())->proto().entities();
  for (const std::string& bytes :
       {std::string("garbage"), std::string(), whole.substr(0, whole.size() - 3),
        entities_only.SerializeAsString()}) {
    Write(bytes);
    const Status status = AddEntity(Open().get(), "b");
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << bytes.size();
    EXPECT_NE(status.message().find(path_.string()), std::string::npos);
    EXPECT_EQ(Bytes(), bytes);
    EXPECT_EQ((*registry->Cached())->proto().entities_size(), 1) << "the last good one serves";
  }
}

TEST_F(FileRegistryTest, ProjectsOfOldFilesAppear) {
  core::Registry old_registry;
  old_registry.add_project_metadata()->set_project("p");
  Write(old_registry.SerializeAsString());
  EXPECT_TRUE((*Open()->Cached())->HasProject("p"));
}

TEST_F(FileRegistryTest, SymbolicLinksStayAndTeardownRemoves) {
  fs::create_directories(folder_ / "data");
  fs::create_symlink(folder_ / "real.db", path_);
  auto registry = Open();
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_TRUE(fs::exists(folder_ / "real.db"));
  ASSERT_TRUE(registry->Teardown().ok());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FileRegistryTest, ReadOnlyFolder) {
  ASSERT_TRUE(AddEntity(Open().get(), "a").ok());
  fs::remove(path_.parent_path() / ".registry.db.lock");
  ::chmod(folder_.c_str(), 0755);
  ::chmod(path_.parent_path().c_str(), 0555);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root may write anywhere, so the child becomes nobody.
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    auto registry = Open();
    const bool refused = AddEntity(registry.get(), "b").kind() == ErrorKind::kPermissionError;
    ::_exit(refused && registry->Refresh().ok() ? 0 : 1);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(Entities(), 1);
  ::chmod(path_.parent_path().c_str(), 0755);
}

TEST_F(FileRegistryTest, FullDiskKeepsTheOldFile) {
  auto registry = Open();
  ASSERT_TRUE(AddEntity(registry.get(), "a").ok());
  const std::string before = Bytes();
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64, 64};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = AddEntity(registry.get(), std::string(5000, 'x'));
    const bool full = status.code() == StatusCode::kResourceExhausted;
    ::_exit(full && status.kind() == ErrorKind::kOsError ? 0 : 1);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(Bytes(), before);
  for (const auto& entry : fs::directory_iterator(path_.parent_path())) {
    EXPECT_NE(entry.path().extension(), ".tmp");
  }
}

constexpr int kWriters = 8;
constexpr int kApplies = 20;

TEST_F(FileRegistryTest, ThreadsLoseNothing) {
  auto shared = Open();
  std::vector<std::thread> threads;
  threads.reserve(kWriters);
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&, t] {
      auto own = Open();
      Registry* registry = t % 2 == 0 ? shared.get() : own.get();
      for (int i = 0; i < kApplies; ++i) {
        EXPECT_TRUE(AddEntity(registry, std::to_string(t) + "_" + std::to_string(i)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Entities(), kWriters * kApplies);
}

TEST_F(FileRegistryTest, ProcessesLoseNothing) {
  std::vector<pid_t> children;
  for (int t = 0; t < kWriters; ++t) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    auto registry = Open();
    bool ok = true;
    for (int i = 0; i < kApplies; ++i) {
      ok = ok && AddEntity(registry.get(), std::to_string(t) + "_" + std::to_string(i)).ok();
    }
    ::_exit(ok ? 0 : 1);
  }
  for (const pid_t child : children) {
    int result = 0;
    ::waitpid(child, &result, 0);
    EXPECT_EQ(result, 0);
  }
  EXPECT_EQ(Entities(), kWriters * kApplies);
}

}  // namespace
}  // namespace feast
