#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace feast {

/// Key id of a row whose key is null or unknown: it matches nothing.
inline constexpr uint32_t kNoKey = std::numeric_limits<uint32_t>::max();
/// A null time.
inline constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
/// "No feature row won."
inline constexpr uint64_t kNoRow = std::numeric_limits<uint64_t>::max();

/// The asking side of an as-of join: the distinct times at which each key is asked for, a slot
/// each. Immutable, thread-safe. Memory: 4 bytes a row, 8 a slot, 4 a key.
class AskedTimes {
 public:
  /// One key id below `key_count` (or kNoKey) and one asking time an entity row, fewer than 2^32 of
  /// them; both may go away afterwards.
  AskedTimes(std::span<const uint32_t> keys, std::span<const int64_t> times, uint32_t key_count,
             size_t threads = 1);

  size_t slots() const { return slot_times_.size(); }
  size_t rows() const { return slot_of_row_.size(); }

 private:
  friend class AsOfOffers;
  friend class AsOfWinners;
  std::vector<uint32_t> slot_of_row_;  // kNoKey: no slot
  std::vector<uint32_t> first_slot_;   // of each key id, and the end
  std::vector<int64_t> slot_times_;    // ascending within a key
};

struct AsOfOptions {
  int64_t earliest = kNoTime;      ///< feature rows before it do not count
  bool has_created = false;        ///< feature rows come with created times
  bool filter_by_created = false;  ///< a winner must have been created by the asking time
};

/// The feature side as one thread has seen it: for each slot the newest row that was offered and
/// is not newer than its time. Thread-compatible; the asked times must outlive it.
///
/// Rows may arrive in any order; only their numbers are kept. A row costs one binary search among
/// the asking times of its key. Memory: 16 bytes a slot, 24 with created times. Bounds are
/// inclusive: `time <= asking time`. Ties on time go to the later `created` (null is earliest),
/// then to the higher row number. Times are of any one unit.
class AsOfOffers {
 public:
  AsOfOffers(const AskedTimes& asked, const AsOfOptions& options);

  /// Offers rows numbered from `first_row`; `created` is as long as the others, or empty if the
  /// options say that there is none.
  void Add(std::span<const uint32_t> keys, std::span<const int64_t> times,
           std::span<const int64_t> created, uint64_t first_row);

 private:
  friend class AsOfWinners;
  struct Best {
    int64_t time = kNoTime;
    uint64_t row = kNoRow;
  };
  // A row that may win: the first slot that is not too early for it is in [slot, slot + left].
  struct Probe {
    int64_t visible;
    uint32_t slot;
    uint32_t left;
    uint32_t at;  // in the rows that were added
  };
  void Collect(std::span<const uint32_t> keys, std::span<const int64_t> times,
               std::span<const int64_t> created);
  void Offer(uint32_t slot, const Best& row, int64_t created);

  const AskedTimes* asked_;
  AsOfOptions options_;
  std::vector<Best> best_;        // of each slot
  std::vector<int64_t> created_;  // of each slot's best row; empty without created times
  std::vector<Probe> probes_;     // of the call of Add
};

/// The outcome, for any ttl. Immutable, thread-safe.
class AsOfWinners {
 public:
  /// What the threads have seen; at least one, and the first is used up.
  explicit AsOfWinners(std::span<AsOfOffers> offers, size_t threads = 1);

  /// The winning row number of each entity row, or kNoRow. `ttl` 0: no lower bound, otherwise a
  /// winner has `time >= asking time - ttl`. `asked` is what the offers were made to.
  std::vector<uint64_t> Rows(const AskedTimes& asked, int64_t ttl, size_t threads = 1) const;

 private:
  std::vector<AsOfOffers::Best> best_;
};

}  // namespace feast
