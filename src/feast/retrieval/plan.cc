#include "feast/retrieval/plan.h"

#include <algorithm>
#include <array>
#include <set>

#include "feast/online/view_table.h"
#include "feast/references/precomputed.h"

namespace feast {
namespace {

constexpr std::array<std::string_view, 7> kVersionedStores = {
    "sqlite", "mysql", "postgres", "faiss", "redis", "dynamodb", "milvus"};

/// Old versions lie in tables of their own, which only some stores keep.
Status CheckVersionedReads(const Resolved& resolved, std::string_view store_type) {
  if (std::ranges::find(kVersionedStores, store_type) != kVersionedStores.end()) {
    return Status::OK();
  }
  for (const auto& view : resolved.views) {
    if (!view.version) continue;
    return Status(StatusCode::kUnimplemented,
                  "Versioned feature reads (@v" + std::to_string(*view.version) +
                      ") are not yet supported by " + std::string(store_type) +
                      ". Currently only SQLite, PostgreSQL, MySQL, FAISS, Redis, and DynamoDB "
                      "support version-qualified feature references. ",
                  ErrorKind::kVersionedOnlineReadNotSupported);
  }
  return Status::OK();
}

int TableVersion(const ResolvedView& view, const RetrievalOptions& options) {
  if (!options.resolve.versioning) return 0;
  return view.version.value_or(view.facts->current_version);
}

Result<PlannedView> PlanView(ResolvedView view, const RetrievalOptions& options, bool full_names) {
  PlannedView planned;
  planned.table = TableOf(*view.facts, options.resolve.project, TableVersion(view, options));
  std::vector<JoinKey> keys;
  for (const auto& key : view.facts->join_keys) {
    keys.push_back({key.name, key.type});
    const auto renamed = view.join_key_map.find(key.name);
    planned.request_columns.push_back(renamed == view.join_key_map.end() ? key.name
                                                                         : renamed->second);
  }
  planned.entityless = keys.size() == 1 && keys[0].name == kDummyJoinKey;
  FEAST_ASSIGN_OR_RETURN(planned.encoder,
                         EntityKeyEncoder::Make(std::move(keys), options.entity_key_version));
  std::vector<std::string> names;
  for (const auto& field : view.features) {
    names.push_back(field.name);
    planned.column_names.push_back(full_names ? view.label + "__" + field.name : field.name);
  }
  planned.feature_names = std::move(names);
  planned.view = std::move(view);
  return planned;
}

/// The index of the first view that reads the same entities as `view`, which comes next.
size_t FirstWithKeysOf(const PlannedView& view, const std::vector<PlannedView>& earlier) {
  const auto same = [](const JoinKey& left, const JoinKey& right) {
    return left.name == right.name && left.type == right.type;
  };
  const auto found = std::ranges::find_if(earlier, [&](const PlannedView& other) {
    return other.request_columns == view.request_columns &&
           std::ranges::equal(other.encoder->join_keys(), view.encoder->join_keys(), same);
  });
  return static_cast<size_t>(found - earlier.begin());
}

void PlanEntities(const RegistrySnapshot& snapshot, const std::string& project, OnlinePlan* plan) {
  std::set<std::string> expected;
  for (const auto& entity : snapshot.proto().entities()) {
    const auto& spec = entity.spec();
    if (spec.project() != project || spec.name() == kDummyEntity) continue;
    const std::string join_key = spec.join_key().empty() ? spec.name() : spec.join_key();
    expected.insert(join_key);
    plan->entity_join_keys.emplace(spec.name(), join_key);
    plan->join_keys.emplace(join_key,
                            ValueTypeFromNumber(spec.value_type()).value_or(ValueType::kInvalid));
  }
  std::set<std::string> typed;
  for (const auto& planned : plan->views) {
    const auto& keys = planned.view.facts->join_keys;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].name == kDummyJoinKey) continue;
      const std::string& column = planned.request_columns[i];
      expected.insert(column);
      // The column a view declares knows its type better than the entity, which may say nothing.
      if (typed.insert(column).second) plan->join_keys[column] = keys[i].type;
    }
  }
  plan->expected_keys.assign(expected.begin(), expected.end());
}

}  // namespace

Result<std::shared_ptr<const OnlinePlan>> CompilePlan(const RegistrySnapshot& snapshot,
                                                      const RetrievalOptions& options,
                                                      std::string_view store_type,
                                                      const OnlineRequest& request) {
  FEAST_ASSIGN_OR_RETURN(Resolved resolved, Resolve(snapshot, options.resolve,
                                                    {request.features, request.feature_service,
                                                     request.full_feature_names}));
  FEAST_RETURN_IF_ERROR(CheckVersionedReads(resolved, store_type));
  auto plan = std::make_shared<OnlinePlan>();
  plan->full_names = request.full_feature_names;
  if (const auto service =
          PrecomputedOf(snapshot, options.resolve.project, request.feature_service, resolved)) {
    plan->vector =
        PlannedVector{VectorTableOf(service->name, service->join_keys, options.resolve.project),
                      {std::string(kVectorFeature)},
                      FeatureVectorCodec(service->Features())};
  }
  for (auto& view : resolved.views) {
    FEAST_ASSIGN_OR_RETURN(PlannedView planned,
                           PlanView(std::move(view), options, request.full_feature_names));
    planned.keys_of = FirstWithKeysOf(planned, plan->views);
    plan->views.push_back(std::move(planned));
  }
  for (const auto& field : resolved.request_data)
    plan->request_data.emplace(field.name, field.type);
  plan->transforms = std::move(resolved.transforms);
  if (request.full_feature_names && options.drop_python_full_names) {
    std::erase_if(plan->transforms, [](const ResolvedTransform& transform) {
      return transform.view->spec().mode() == "python";
    });
  }
  plan->resources = std::move(resolved.resources);
  PlanEntities(snapshot, options.resolve.project, plan.get());
  return std::shared_ptr<const OnlinePlan>(std::move(plan));
}

std::string PlanCache::KeyOf(uint64_t generation, const OnlineRequest& request) {
  std::string key = std::to_string(generation) + (request.full_feature_names ? "f" : "s");
  if (!request.feature_service.empty()) return key + '\1' + request.feature_service;
  for (const auto& reference : request.features) {
    key += '\2';
    key += std::to_string(reference.size());
    key += ':';
    key += reference;
  }
  return key;
}

std::shared_ptr<const OnlinePlan> PlanCache::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->second;
}

void PlanCache::Put(const std::string& key, std::shared_ptr<const OnlinePlan> plan) {
  std::lock_guard lock(mutex_);
  if (index_.contains(key)) return;
  order_.emplace_front(key, std::move(plan));
  index_[key] = order_.begin();
  if (order_.size() > capacity_) {
    index_.erase(order_.back().first);
    order_.pop_back();
  }
}

}  // namespace feast
