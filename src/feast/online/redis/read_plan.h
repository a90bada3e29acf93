#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/redis/read_choice.h"

namespace feast {

/// How the hash of an entity is read for some tables: what no request changes, rendered once.
/// Immutable.
class ReadPlan {
 public:
  /// Where a field of the hash goes: to a feature of one of the tables, or to its event time.
  struct Slot {
    static constexpr uint32_t kTime = UINT32_MAX;
    uint32_t table = 0;
    uint32_t feature = kTime;
  };
  static constexpr uint32_t kNoEntry = UINT32_MAX;

  /// Of `reads[i]` for each i in `group`, which share their keys.
  ReadPlan(const std::vector<TableRead>& reads, std::span<const uint32_t> group);

  /// The entry of a field's name in the hash, or kNoEntry. An entry is the number of a slot; a
  /// field that was asked for several times goes to all along `NextSlot`.
  uint32_t SlotsOf(std::string_view field) const {
    const uint32_t hash = HashOf(field);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const uint32_t slot = index_[at];
      if (slot == kNoEntry || fields[slot] == field) return slot;
    }
  }
  uint32_t NextSlot(uint32_t slot) const { return next_[slot]; }

  bool Serves(const std::vector<TableRead>& reads, std::span<const uint32_t> group) const;

  std::vector<std::shared_ptr<const OnlineTable>> tables;
  std::vector<SharedList<std::string>> features;  ///< of each table
  std::vector<Slot> slots;                        ///< in the order of the fields of HMGET
  std::vector<std::string> fields;                ///< of each slot, its name in the hash
  std::string hmget_head;                         ///< the command up to its key
  std::string hmget_tail;                         ///< and after it

 private:
  static uint32_t HashOf(std::string_view field);
  void Add(uint32_t table, uint32_t feature, std::string field);
  void MakeIndex();

  std::vector<uint32_t> index_;  // open addressing, a power of two
  std::vector<uint32_t> next_;
  size_t mask_ = 0;
};

/// A plan with what was learnt about the hashes it reads. Single-core.
struct PlannedRead {
  PlannedRead(const std::vector<TableRead>& reads, std::span<const uint32_t> group)
      : plan(reads, group) {}
  const ReadPlan plan;
  ReadChoice choice;
};

/// The plans that were used last, by tables and features. Single-core.
class ReadPlans {
 public:
  /// The plan for `reads[i]` of each i in `group`. Costs comparing the names of the features.
  std::shared_ptr<PlannedRead> Find(const std::vector<TableRead>& reads,
                                    std::span<const uint32_t> group);

 private:
  std::unordered_multimap<size_t, std::shared_ptr<PlannedRead>> plans_;
};

}  // namespace feast
