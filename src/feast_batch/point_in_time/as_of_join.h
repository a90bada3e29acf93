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

struct AsOfOptions {
  uint32_t key_count = 0;          ///< key ids are below this
  int64_t ttl = 0;                 ///< 0: no lower bound; same unit as the times
  int64_t earliest = kNoTime;      ///< feature rows before it do not count
  bool filter_by_created = false;  ///< a winner must have been created by the asking time
};

/// For each entity row the newest feature row of its key that is not newer than the asking time:
/// the join behind training data.
///
/// Immutable, thread-safe; what changes is in its `Offers`. Holds memory for the entity side only:
/// 4 bytes a row and 8 a distinct (key, time), and 24 more for each Offers. Feature rows may arrive
/// in any order; only their row numbers are kept. Bounds are inclusive: `time <= asking time` and,
/// with a ttl, `time >= asking time - ttl`. Ties on time go to the later `created` (null is
/// earliest), then to the higher row number. Times are of any one unit.
class AsOfJoin {
  struct Best {
    int64_t time = kNoTime;
    int64_t created = kNoTime;
    uint64_t row = kNoRow;
  };

 public:
  /// One key id and one asking time an entity row; both may go away afterwards.
  AsOfJoin(std::span<const uint32_t> keys, std::span<const int64_t> times,
           const AsOfOptions& options);

  /// What one thread has seen of the feature rows. Thread-compatible; the join must outlive it.
  class Offers {
   public:
    explicit Offers(const AsOfJoin& join) : join_(&join), best_(join.slot_times_.size()) {}

    /// Offers rows numbered from `first_row`; `created` is empty or as long as the others. A row
    /// costs one binary search among the asking times of its key.
    void Add(std::span<const uint32_t> keys, std::span<const int64_t> times,
             std::span<const int64_t> created, uint64_t first_row);

   private:
    friend class AsOfJoin;
    const AsOfJoin* join_;
    std::vector<Best> best_;  // of each slot
  };

  /// The winning row number of each entity row, or kNoRow. At least one Offers; the first is used
  /// up.
  std::vector<uint64_t> Finish(std::span<Offers> offers) const;

 private:
  static bool Better(const Best& a, const Best& b);

  AsOfOptions options_;
  std::vector<uint32_t> slot_of_row_;  // kNoKey: no slot
  std::vector<uint32_t> first_slot_;   // of each key id, and the end
  std::vector<int64_t> slot_times_;    // ascending within a key
};

}  // namespace feast
