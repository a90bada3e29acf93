#pragma once
#include <cstdint>
#include <cstring>
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
  ReadPlan(const ReadPlan&) = delete;
  ReadPlan& operator=(const ReadPlan&) = delete;

  /// The entry of a field's name in the hash, or kNoEntry. An entry is the number of a slot; a
  /// field that was asked for several times goes to all along `NextSlot`.
  uint32_t SlotsOf(std::string_view field) const {
    if (field.size() != sizeof(uint32_t)) {
      const auto found = others_.find(field);
      return found == others_.end() ? kNoEntry : found->second;
    }
    const uint32_t word = WordOf(field);
    for (size_t at = word & mask_;; at = (at + 1) & mask_) {
      if (index_[at].slot == kNoEntry || index_[at].word == word) return index_[at].slot;
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
  // Names of features are hashes of four bytes.
  struct Entry {
    uint32_t word = 0;
    uint32_t slot = kNoEntry;
  };
  static uint32_t WordOf(std::string_view field) {
    uint32_t word = 0;
    std::memcpy(&word, field.data(), sizeof(word));
    return word;
  }
  void Add(uint32_t table, uint32_t feature, std::string field);
  void MakeIndex();

  std::vector<Entry> index_;  // of the names of four bytes: open addressing, a power of two
  std::unordered_map<std::string_view, uint32_t> others_;  // views into fields
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
