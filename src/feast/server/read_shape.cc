#include "feast/server/read_shape.h"

#include <functional>
#include <set>

#include "feast/definitions/view_facts.h"

namespace feast {
namespace {

constexpr size_t kKeptShapes = 256;

std::string OutputName(const std::string& view, const std::string& feature, bool full) {
  return full ? view + "__" + feature : feature;
}

void AddService(const core::FeatureService& service, bool full, ReadShape* shape) {
  for (const auto& projection : service.spec().features()) {
    const std::string& view = projection.feature_view_name_alias().empty()
                                  ? projection.feature_view_name()
                                  : projection.feature_view_name_alias();
    ++shape->views;
    for (const auto& feature : projection.feature_columns()) {
      shape->columns.push_back(
          {OutputName(view, feature.name(), full), projection.feature_view_name()});
    }
  }
}

}  // namespace

void EndpointCounts::Add(bool is_success, double took) const {
  if (seconds == nullptr) return;
  (is_success ? success : error)->Add();
  seconds->Observe(took);
}

ReadShape ShapeOf(const OnlineRequest& request, Registry& registry, const std::string& project) {
  ReadShape shape;
  if (!request.feature_service.empty()) {
    const auto snapshot = registry.Cached();
    if (!snapshot.ok()) return shape;
    const auto service = (*snapshot)->GetFeatureService(project, request.feature_service);
    if (service.ok()) AddService(**service, request.full_feature_names, &shape);
    return shape;
  }
  std::set<std::string> views;
  for (const std::string& text : request.features) {
    const auto reference = ParseFeatureReference(text);
    if (!reference.ok()) continue;
    const std::string label = text.substr(0, text.find(':'));
    shape.columns.push_back(
        {OutputName(label, reference->feature, request.full_feature_names), reference->view});
    views.insert(reference->view);
  }
  shape.views = views.size();
  return shape;
}

size_t SeenRequests::HashOf(std::string_view endpoint, const OnlineRequest& request) {
  const std::hash<std::string_view> hash_of;
  size_t hash = hash_of(endpoint) * 31 + hash_of(request.feature_service) +
                static_cast<size_t>(request.full_feature_names);
  if (!request.feature_service.empty()) return hash;
  for (const std::string& feature : request.features) hash = hash * 31 + hash_of(feature);
  return hash;
}

std::shared_ptr<const ReadShape> SeenRequests::Find(size_t hash, std::string_view endpoint,
                                                    const OnlineRequest& request,
                                                    uint64_t generation) {
  const auto found = shapes_.find(hash);
  if (found == shapes_.end()) return nullptr;
  const Seen& seen = found->second;
  const bool is_same = seen.generation == generation && seen.endpoint == endpoint &&
                       seen.full_feature_names == request.full_feature_names &&
                       seen.feature_service == request.feature_service &&
                       (!request.feature_service.empty() || seen.features == request.features);
  return is_same ? seen.shape : nullptr;
}

std::shared_ptr<const ReadShape> SeenRequests::Keep(size_t hash, std::string_view endpoint,
                                                    const OnlineRequest& request,
                                                    uint64_t generation,
                                                    std::shared_ptr<const ReadShape> shape) {
  if (shapes_.size() >= kKeptShapes) shapes_.clear();
  shapes_[hash] = {std::string(endpoint),
                   request.feature_service.empty() ? request.features : std::vector<std::string>(),
                   request.feature_service,
                   request.full_feature_names,
                   generation,
                   shape};
  return shape;
}

}  // namespace feast
