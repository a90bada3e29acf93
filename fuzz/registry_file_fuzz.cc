#include "fuzz/fuzz_target.h"

#include "feast/definitions/view_facts.h"
#include "feast/registry/apply.h"
#include "feast/registry/file/registry_bytes.h"
#include "feast/registry/json_dump.h"
#include "feast/registry/registry_snapshot.h"

namespace feast::fuzz {
namespace {

template <typename Views>
void ReadViews(const Views& views) {
  for (const auto& view : views) {
    const auto facts = FactsOf(view);
    if (facts.ok()) static_cast<void>(CheckServable(*facts).ok());
  }
}

// What every command does with a registry that it has read.
void Use(const core::Registry& registry) {
  ReadViews(registry.feature_views());
  ReadViews(registry.stream_feature_views());
  ReadViews(registry.label_views());
  ReadViews(registry.on_demand_feature_views());
  const auto snapshot = RegistrySnapshot::Make(registry);
  for (const core::Project& project : registry.projects()) {
    const std::string& name = project.spec().name();
    Expect(snapshot->HasProject(name), "a project that was read is found", name);
    static_cast<void>(DumpRegistryJson(*snapshot, name).ok());
    const ApplyOptions options{.project = name, .partial = false};
    const auto changes = PlanChanges(*snapshot, registry, options);
    if (!changes.ok()) continue;
    core::Registry applied = registry;
    static_cast<void>(ApplyChanges(&applied, registry, *changes, options, 0).ok());
  }
}

}  // namespace
}  // namespace feast::fuzz

// Any bytes: refused as damaged, or a registry that can be used and written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto registry = feast::ParseRegistry(feast::fuzz::TextOf(data, size));
  if (!registry) return 0;
  const std::string written = feast::SerializeRegistry(*registry);
  const auto again = feast::ParseRegistry(written);
  feast::fuzz::Expect(again && feast::SerializeRegistry(*again) == written,
                      "reading and writing changes nothing");
  feast::fuzz::Use(*registry);
  return 0;
}
