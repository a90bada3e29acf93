#include "feast/online/redis/read_plan.h"

#include <functional>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

constexpr size_t kMostPlans = 512;

size_t HashOf(const std::vector<TableRead>& reads, std::span<const uint32_t> group) {
  size_t hash = group.size();
  for (const uint32_t read : group) {
    hash = hash * 1000003 + std::hash<const void*>()(reads[read].table.get());
    hash = hash * 1000003 + reads[read].features.size();
    if (!reads[read].features.empty()) {
      hash = hash * 1000003 + std::hash<std::string>()(reads[read].features.front());
    }
  }
  return hash;
}

bool Serves(const ReadPlan& plan, const std::vector<TableRead>& reads,
            std::span<const uint32_t> group) {
  if (plan.tables.size() != group.size()) return false;
  for (size_t i = 0; i < group.size(); ++i) {
    const TableRead& read = reads[group[i]];
    if (plan.tables[i] != read.table || plan.features[i] != read.features) return false;
  }
  return true;
}

std::shared_ptr<const ReadPlan> Compile(const std::vector<TableRead>& reads,
                                        std::span<const uint32_t> group) {
  auto plan = std::make_shared<ReadPlan>();
  for (const uint32_t read : group) {
    const auto table = static_cast<uint32_t>(plan->tables.size());
    const std::string view = reads[read].table->VersionedView();
    AppendArgument(RedisTimestampField(view), &plan->hmget_tail);
    plan->slots.push_back({table, ReadPlan::Slot::kTime});
    for (uint32_t feature = 0; feature < reads[read].features.size(); ++feature) {
      AppendArgument(RedisFeatureField(view, reads[read].features[feature]), &plan->hmget_tail);
      plan->slots.push_back({table, feature});
    }
    plan->tables.push_back(reads[read].table);
    plan->features.push_back(reads[read].features);
  }
  AppendCommandHead(plan->slots.size() + 2, &plan->hmget_head);
  AppendArgument("HMGET", &plan->hmget_head);
  return plan;
}

}  // namespace

std::shared_ptr<const ReadPlan> ReadPlans::Find(const std::vector<TableRead>& reads,
                                                std::span<const uint32_t> group) {
  const size_t hash = HashOf(reads, group);
  const auto [begin, end] = plans_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    if (Serves(*entry->second, reads, group)) return entry->second;
  }
  if (plans_.size() >= kMostPlans) plans_.clear();
  return plans_.emplace(hash, Compile(reads, group))->second;
}

}  // namespace feast
