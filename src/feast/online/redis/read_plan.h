#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/online/online_store.h"

namespace feast {

/// How the hash of an entity is read for some tables: what no request changes, rendered once.
/// Immutable.
struct ReadPlan {
  /// Where a field of the hash goes: to a feature of one of the tables, or to its event time.
  struct Slot {
    static constexpr uint32_t kTime = UINT32_MAX;
    uint32_t table = 0;
    uint32_t feature = kTime;
  };
  std::vector<std::shared_ptr<const OnlineTable>> tables;
  std::vector<std::vector<std::string>> features;  ///< of each table
  std::vector<Slot> slots;                         ///< in the order of the fields of HMGET
  std::string hmget_head;                          ///< the command up to its key
  std::string hmget_tail;                          ///< and after it
};

/// The plans that were used last, by tables and features. Single-core.
class ReadPlans {
 public:
  /// The plan for `reads[i]` of each i in `group`. Costs comparing the names of the features.
  std::shared_ptr<const ReadPlan> Find(const std::vector<TableRead>& reads,
                                       std::span<const uint32_t> group);

 private:
  std::unordered_multimap<size_t, std::shared_ptr<const ReadPlan>> plans_;
};

}  // namespace feast
