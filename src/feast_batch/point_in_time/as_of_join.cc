#include "feast_batch/point_in_time/as_of_join.h"

#include <algorithm>

namespace feast {
namespace {

// No sum of a time and a ttl may wrap around.
int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t out;
  return __builtin_sub_overflow(a, b, &out) ? std::numeric_limits<int64_t>::min() : out;
}

}  // namespace

AsOfJoin::AsOfJoin(std::span<const uint32_t> keys, std::span<const int64_t> times,
                   const AsOfOptions& options)
    : options_(options), slot_of_row_(keys.size(), kNoKey), first_slot_(options.key_count + 1, 0) {
  // 1. Rows of each key side by side (counting sort).
  std::vector<uint32_t> begin(options.key_count + 1, 0);
  const auto usable = [&](size_t row) { return keys[row] != kNoKey && times[row] != kNoTime; };
  for (size_t row = 0; row < keys.size(); ++row) {
    if (usable(row)) ++begin[keys[row] + 1];
  }
  for (uint32_t key = 0; key < options.key_count; ++key) begin[key + 1] += begin[key];
  std::vector<uint32_t> rows(begin.back());
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for (size_t row = 0; row < keys.size(); ++row) {
    if (usable(row)) rows[next[keys[row]]++] = static_cast<uint32_t>(row);
  }
  // 2. One slot for each distinct time of a key.
  for (uint32_t key = 0; key < options.key_count; ++key) {
    first_slot_[key] = static_cast<uint32_t>(slot_times_.size());
    const auto first = rows.begin() + begin[key], last = rows.begin() + begin[key + 1];
    std::sort(first, last, [&](uint32_t a, uint32_t b) { return times[a] < times[b]; });
    for (auto row = first; row != last; ++row) {
      if (row == first || times[*row] != slot_times_.back()) slot_times_.push_back(times[*row]);
      slot_of_row_[*row] = static_cast<uint32_t>(slot_times_.size() - 1);
    }
  }
  first_slot_.back() = static_cast<uint32_t>(slot_times_.size());
}

inline bool AsOfJoin::Better(const Best& a, const Best& b) {
  if (a.row == kNoRow || b.row == kNoRow) return b.row == kNoRow && a.row != kNoRow;
  if (a.time != b.time) return a.time > b.time;
  if (a.created != b.created) return a.created > b.created;
  return a.row > b.row;
}

void AsOfJoin::Offers::Add(std::span<const uint32_t> keys, std::span<const int64_t> times,
                           std::span<const int64_t> created, uint64_t first_row) {
  // Blocks of rows search in step, so that their cache misses overlap.
  constexpr size_t kBlock = 16;
  const AsOfJoin& join = *join_;
  const int64_t* slot_times = join.slot_times_.data();
  for (size_t begin = 0; begin < keys.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, keys.size() - begin);
    int64_t visible[kBlock];
    uint32_t slot[kBlock],
        left[kBlock];  // the first slot that is not too early is in [slot, slot + left]
    uint32_t longest = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = begin + i;
      const uint32_t key = keys[at];
      visible[i] = times[at];
      bool usable = key != kNoKey && visible[i] != kNoTime && visible[i] >= join.options_.earliest;
      if (join.options_.filter_by_created) {
        // Nobody who asks before a row was created may see it.
        usable = usable && created[at] != kNoTime;
        visible[i] = std::max(visible[i], created[at]);
      }
      slot[i] = usable ? join.first_slot_[key] : 0;
      left[i] = usable ? join.first_slot_[key + 1] - slot[i] : 0;
      longest = std::max(longest, left[i]);
    }
    for (; longest > 1; longest -= longest / 2) {
      for (size_t i = 0; i < count; ++i) {
        const uint32_t half = left[i] / 2;
        const uint32_t early = slot_times[slot[i] + half - (half > 0)] < visible[i];
        slot[i] += half & (0 - early);  // no branch: it would be a coin toss
        left[i] -= half;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      if (left[i] != 0) __builtin_prefetch(&best_[slot[i]], 1);
    }
    for (size_t i = 0; i < count; ++i) {
      if (left[i] == 0 || slot_times[slot[i]] < visible[i]) continue;
      const size_t at = begin + i;
      const Best offered{times[at], created.empty() ? kNoTime : created[at], first_row + at};
      if (Better(offered, best_[slot[i]])) best_[slot[i]] = offered;
    }
  }
}

std::vector<uint64_t> AsOfJoin::Finish(std::span<Offers> offers) const {
  std::vector<Best>& best = offers[0].best_;
  for (const Offers& other : offers.subspan(1)) {
    for (size_t slot = 0; slot < best.size(); ++slot) {
      if (Better(other.best_[slot], best[slot])) best[slot] = other.best_[slot];
    }
  }
  // What was visible at an asking time is so at the key's later ones. The ttl comes last: if the
  // newest row is too old, all others are.
  for (size_t key = 0; key + 1 < first_slot_.size(); ++key) {
    for (uint32_t slot = first_slot_[key] + 1; slot < first_slot_[key + 1]; ++slot) {
      if (Better(best[slot - 1], best[slot])) best[slot] = best[slot - 1];
    }
  }
  std::vector<uint64_t> winners(slot_of_row_.size(), kNoRow);
  for (size_t row = 0; row < winners.size(); ++row) {
    const uint32_t slot = slot_of_row_[row];
    if (slot == kNoKey) continue;
    const Best& won = best[slot];
    if (options_.ttl > 0 && won.time < SaturatingSubtract(slot_times_[slot], options_.ttl))
      continue;
    winners[row] = won.row;
  }
  return winners;
}

}  // namespace feast
