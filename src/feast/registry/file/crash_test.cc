#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "feast/registry/file/file_registry.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

/// Adds entities until it is killed; says over the pipe which ones are safe.
[[noreturn]] void WriteForever(const fs::path& path, int report) {
  auto registry = *OpenFileRegistry(path, 600, RegistryCacheMode::kSync, SystemClock());
  while (true) {
    int count = 0;
    const Status status = registry->Mutate(CallContext(), [&](core::Registry* proto) {
      if (proto->projects().empty()) proto->add_projects()->mutable_spec()->set_name("p");
      proto->add_entities()->mutable_spec()->set_name(std::string(2000, 'x'));
      count = proto->entities_size();
      return Status::OK();
    });
    if (!status.ok()) ::_exit(1);
    if (::write(report, &count, sizeof count) != sizeof count) ::_exit(1);
  }
}

TEST(FileRegistryCrash, KilledWritersLeaveTheOldOrTheNewFile) {
  char name[] = "/tmp/feast_crash_XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  const fs::path path = folder / "registry.db";
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) WriteForever(path, ends[1]);
    ::close(ends[1]);
    ::usleep(500 + random() % 15'000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    int safe = 0;
    for (int count; ::read(ends[0], &count, sizeof count) == sizeof count;) safe = count;
    ::close(ends[0]);
    auto registry = *OpenFileRegistry(path, 600, RegistryCacheMode::kSync, SystemClock());
    const auto snapshot = registry->Refresh();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
    EXPECT_GE((*snapshot)->proto().entities_size(), safe) << "an acknowledged write was lost";
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace feast
