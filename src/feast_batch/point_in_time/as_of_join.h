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
  bool filter_by_created = false;  ///< a winner must have been created by the asking time
};

/// For each entity row the newest feature row of its key that is not newer than the asking time:
/// the join behind training data.
///
/// Thread-compatible. Holds memory for the entity side only: 4 bytes a row and 40 a distinct
/// (key, time). Feature rows may arrive in any order; only their row numbers are kept. Bounds are
/// inclusive: `time <= asking time` and, with a ttl, `time >= asking time - ttl`. Ties on time go
/// to the later `created` (null is earliest), then to the higher row number. Times are of any one
/// unit.
class AsOfJoin {
 public:
  /// One key id and one asking time an entity row; both may go away afterwards.
  AsOfJoin(std::span<const uint32_t> keys, std::span<const int64_t> times,
           const AsOfOptions& options);

  /// Offers one feature row; one binary search among the asking times of its key.
  void Offer(uint32_t key, int64_t time, int64_t created, uint64_t row);

  /// The winning row number of each entity row, or kNoRow; call once, after the last offer.
  std::vector<uint64_t> Finish() &&;

 private:
  struct Best {
    int64_t time = kNoTime;
    int64_t created = kNoTime;
    uint64_t row = kNoRow;
  };
  static bool Better(const Best& a, const Best& b);

  AsOfOptions options_;
  std::vector<uint32_t> slot_of_row_;  // kNoKey: no slot
  std::vector<uint32_t> first_slot_;   // of each key id, and the end
  std::vector<int64_t> slot_times_;    // ascending within a key
  std::vector<Best> best_;
};

}  // namespace feast
