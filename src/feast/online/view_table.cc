#include "feast/online/view_table.h"

namespace feast {

std::shared_ptr<const OnlineTable> TableOf(const ViewFacts& view, const std::string& project,
                                           int version) {
  auto table = std::make_shared<OnlineTable>();
  table->project = project;
  table->view = view.name;
  table->version = version;
  for (const FieldFacts& key : view.join_keys) table->join_keys.push_back(key.name);
  for (const FieldFacts& feature : view.features) {
    table->features.push_back({feature.name, feature.type});
  }
  return table;
}

std::shared_ptr<const OnlineTable> VectorTableOf(const std::string& service,
                                                 const std::vector<FieldFacts>& join_keys,
                                                 const std::string& project) {
  auto table = std::make_shared<OnlineTable>();
  table->project = project;
  table->view = "__precomputed__" + service;
  for (const FieldFacts& key : join_keys) table->join_keys.push_back(key.name);
  table->features.push_back({std::string(kVectorFeature), ValueType::kBytes});
  return table;
}

}  // namespace feast
