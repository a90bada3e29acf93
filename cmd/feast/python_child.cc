#include "python_child.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace feast::cmd {
namespace {

constexpr std::string_view kPath = "PYTHONPATH=";

std::vector<std::string> ChildEnvironment() {
  std::string path =
      std::string(kPath) + (ExecutableFolder() / "../python").lexically_normal().string();
  std::vector<std::string> environment;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(kPath)) {
      if (text.size() > kPath.size()) path += ":" + std::string(text.substr(kPath.size()));
    } else {
      environment.emplace_back(text);
    }
  }
  environment.push_back(std::move(path));
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::filesystem::path ExecutableFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

Result<int> RunPython(const std::vector<std::string>& arguments) {
  const char* given = std::getenv("FEAST_PYTHON");
  const std::string python = given && *given ? given : FEAST_DEFAULT_PYTHON;
  std::vector<std::string> command = {python};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = ChildEnvironment();
  std::cout.flush();
  pid_t child = 0;
  const int error = posix_spawnp(&child, python.c_str(), nullptr, nullptr, Pointers(command).data(),
                                 Pointers(environment).data());
  if (error != 0) {
    return Status::Unavailable("cannot start the Python interpreter " + python +
                               " (set FEAST_PYTHON): " + std::strerror(error));
  }
  int state = 0;
  while (waitpid(child, &state, 0) < 0) {
    if (errno != EINTR) return Status::Internal("lost the Python interpreter");
  }
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

}  // namespace feast::cmd
