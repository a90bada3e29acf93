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
  best_.resize(slot_times_.size());
}

bool AsOfJoin::Better(const Best& a, const Best& b) {
  if (a.row == kNoRow || b.row == kNoRow) return b.row == kNoRow && a.row != kNoRow;
  if (a.time != b.time) return a.time > b.time;
  if (a.created != b.created) return a.created > b.created;
  return a.row > b.row;
}

void AsOfJoin::Offer(uint32_t key, int64_t time, int64_t created, uint64_t row) {
  if (key == kNoKey || time == kNoTime) return;
  int64_t visible = time;
  if (options_.filter_by_created) {
    if (created == kNoTime) return;
    visible = std::max(time, created);  // nobody who asks earlier may see the row
  }
  const auto first = slot_times_.begin() + first_slot_[key];
  const auto last = slot_times_.begin() + first_slot_[key + 1];
  const auto slot = std::lower_bound(first, last, visible);
  if (slot == last) return;
  Best& best = best_[slot - slot_times_.begin()];
  const Best offered{time, created, row};
  if (Better(offered, best)) best = offered;
}

std::vector<uint64_t> AsOfJoin::Finish() && {
  // What was visible at an asking time is so at the key's later ones. The ttl comes last: if the
  // newest row is too old, all others are.
  std::vector<uint64_t> winners(slot_of_row_.size(), kNoRow);
  for (size_t key = 0; key + 1 < first_slot_.size(); ++key) {
    for (uint32_t slot = first_slot_[key] + 1; slot < first_slot_[key + 1]; ++slot) {
      if (Better(best_[slot - 1], best_[slot])) best_[slot] = best_[slot - 1];
    }
  }
  for (size_t row = 0; row < winners.size(); ++row) {
    const uint32_t slot = slot_of_row_[row];
    if (slot == kNoKey) continue;
    const Best& best = best_[slot];
    if (options_.ttl > 0 && best.time < SaturatingSubtract(slot_times_[slot], options_.ttl))
      continue;
    winners[row] = best.row;
  }
  return winners;
}

}  // namespace feast
