#include "feast/online/redis/read_plan.h"

#include <bit>
#include <functional>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

constexpr size_t kMostPlans = 512;

size_t HashOfReads(const std::vector<TableRead>& reads, std::span<const uint32_t> group) {
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

}  // namespace

ReadPlan::ReadPlan(const std::vector<TableRead>& reads, std::span<const uint32_t> group) {
  for (const uint32_t read : group) {
    const auto table = static_cast<uint32_t>(tables.size());
    const std::string view = reads[read].table->VersionedView();
    Add(table, Slot::kTime, RedisTimestampField(view));
    for (uint32_t feature = 0; feature < reads[read].features.size(); ++feature) {
      Add(table, feature, RedisFeatureField(view, reads[read].features[feature]));
    }
    tables.push_back(reads[read].table);
    features.push_back(reads[read].features);
  }
  AppendCommandHead(slots.size() + 2, &hmget_head);
  AppendArgument("HMGET", &hmget_head);
  MakeIndex();
}

void ReadPlan::Add(uint32_t table, uint32_t feature, std::string field) {
  AppendArgument(field, &hmget_tail);
  slots.push_back({table, feature});
  fields.push_back(std::move(field));
}

void ReadPlan::MakeIndex() {
  index_.assign(std::bit_ceil(2 * slots.size() + 1), {});
  mask_ = index_.size() - 1;
  next_.assign(slots.size(), kNoEntry);
  for (uint32_t slot = 0; slot < slots.size(); ++slot) {
    const std::string& field = fields[slot];
    uint32_t same = SlotsOf(field);
    if (same != kNoEntry) {
      while (next_[same] != kNoEntry) same = next_[same];
      next_[same] = slot;
    } else if (field.size() != sizeof(uint32_t)) {
      others_.emplace(field, slot);
    } else {
      size_t at = WordOf(field) & mask_;
      while (index_[at].slot != kNoEntry) at = (at + 1) & mask_;
      index_[at] = {WordOf(field), slot};
    }
  }
}

bool ReadPlan::Serves(const std::vector<TableRead>& reads, std::span<const uint32_t> group) const {
  if (tables.size() != group.size()) return false;
  for (size_t i = 0; i < group.size(); ++i) {
    const TableRead& read = reads[group[i]];
    if (tables[i] != read.table || features[i] != read.features) return false;
  }
  return true;
}

std::shared_ptr<PlannedRead> ReadPlans::Find(const std::vector<TableRead>& reads,
                                             std::span<const uint32_t> group) {
  const size_t hash = HashOfReads(reads, group);
  const auto [begin, end] = plans_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    if (entry->second->plan.Serves(reads, group)) return entry->second;
  }
  if (plans_.size() >= kMostPlans) plans_.clear();
  return plans_.emplace(hash, std::make_shared<PlannedRead>(reads, group))->second;
}

}  // namespace feast
