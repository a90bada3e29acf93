#include "feast/registry/file/registry_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>
#include <set>

namespace feast {
namespace {

/// Every writer stamps a registry; a file cut off behind its objects lacks all projects.
bool LooksWhole(const core::Registry& registry) {
  const bool has_objects = !registry.entities().empty() || !registry.feature_views().empty() ||
                           !registry.feature_services().empty();
  return !has_objects || !registry.projects().empty() || !registry.project_metadata().empty();
}

/// As upstream does when it opens a file of an older Feast.
void AddProjectsOfMetadata(core::Registry* registry) {
  std::set<std::string> known;
  for (const core::Project& project : registry->projects()) known.insert(project.spec().name());
  for (const core::ProjectMetadata& metadata : registry->project_metadata()) {
    if (known.insert(metadata.project()).second) {
      registry->add_projects()->mutable_spec()->set_name(metadata.project());
    }
  }
}

}  // namespace

std::string SerializeRegistry(const core::Registry& registry) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  registry.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::optional<core::Registry> ParseRegistry(std::string_view bytes) {
  core::Registry registry;
  if (bytes.empty() || bytes.size() > std::numeric_limits<int>::max() ||
      !registry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !LooksWhole(registry)) {
    return std::nullopt;
  }
  AddProjectsOfMetadata(&registry);
  return registry;
}

}  // namespace feast
