#include "fuzz/fuzz_target.h"

#include "feast/config/repo_config.h"

// Any text: FeastConfigError, or a configuration that prints and reads again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using feast::fuzz::Expect;
  const feast::Environment environment = [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/home/feast") : std::nullopt;
  };
  const auto config =
      feast::ParseRepoConfig(feast::fuzz::TextOf(data, size), "/repo", "f.yaml", environment);
  if (!config.ok()) {
    Expect(config.status().code() == feast::StatusCode::kInvalidArgument, "a wrong file is refused",
           config.status().ToString());
    return 0;
  }
  const auto printed = feast::RenderConfiguration(*config);
  Expect(printed.ok(), "what was read can be printed");
  return 0;
}
