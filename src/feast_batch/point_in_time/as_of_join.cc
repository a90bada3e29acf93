#include "feast_batch/point_in_time/as_of_join.h"

#include <algorithm>

#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

// No sum of a time and a ttl may wrap around.
int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t out;
  return __builtin_sub_overflow(a, b, &out) ? std::numeric_limits<int64_t>::min() : out;
}

// Even shares of [0, count), side by side; the work cannot fail. `size` is what it grows with.
template <typename Work>
void InShares(size_t count, size_t size, size_t threads, const Work& work) {
  constexpr size_t kFew = 1 << 14;  // not worth a thread
  const size_t shares = std::clamp<size_t>(size / kFew, 1, std::max<size_t>(threads, 1));
  (void)RunUnits(shares, shares, [&](size_t share, size_t) {
    work(count * share / shares, count * (share + 1) / shares);
    return Status::OK();
  });
}

// Rows that search in step, so that their cache misses overlap.
constexpr size_t kBlock = 32;
struct Block {
  // The first slot that is not too early is in [slot, slot + left]. Without branches, which would
  // be tosses of a coin.
  void Halve(const int64_t* slot_times) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t half = left[i] / 2;
      const uint32_t early = slot_times[slot[i] + half - (half > 0)] < visible[i];
      slot[i] += half & (0 - early);
      left[i] -= half;
    }
  }

  size_t count;
  int64_t visible[kBlock];
  uint32_t slot[kBlock];
  uint32_t left[kBlock];
  uint32_t at[kBlock];  // in the rows that were added
};

}  // namespace

AskedTimes::AskedTimes(std::span<const uint32_t> keys, std::span<const int64_t> times,
                       uint32_t key_count, size_t threads)
    : slot_of_row_(keys.size(), kNoKey), first_slot_(size_t{key_count} + 1, 0) {
  // 1. Rows of each key side by side (counting sort).
  std::vector<uint32_t> begin(size_t{key_count} + 1, 0);
  const auto usable = [&](size_t row) { return keys[row] != kNoKey && times[row] != kNoTime; };
  for (size_t row = 0; row < keys.size(); ++row) {
    if (usable(row)) ++begin[keys[row] + 1];
  }
  for (uint32_t key = 0; key < key_count; ++key) begin[key + 1] += begin[key];
  struct Asked {
    int64_t time;
    uint32_t row;
  };
  std::vector<Asked> asked(begin.back());
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for (size_t row = 0; row < keys.size(); ++row) {
    if (usable(row)) asked[next[keys[row]]++] = {times[row], static_cast<uint32_t>(row)};
  }
  // 2. By time within a key.
  const auto distinct = [&](size_t at, uint32_t first) {
    return at == first || asked[at].time != asked[at - 1].time;
  };
  InShares(key_count, asked.size(), threads, [&](size_t from, size_t to) {
    for (size_t key = from; key < to; ++key) {
      std::sort(asked.begin() + begin[key], asked.begin() + begin[key + 1],
                [](const Asked& a, const Asked& b) { return a.time < b.time; });
      uint32_t slots = 0;
      for (uint32_t at = begin[key]; at < begin[key + 1]; ++at) slots += distinct(at, begin[key]);
      first_slot_[key + 1] = slots;
    }
  });
  // 3. One slot for each distinct time of a key.
  for (uint32_t key = 0; key < key_count; ++key) first_slot_[key + 1] += first_slot_[key];
  slot_times_.resize(first_slot_.back());
  InShares(key_count, asked.size(), threads, [&](size_t from, size_t to) {
    for (size_t key = from; key < to; ++key) {
      uint32_t slot = first_slot_[key];
      for (uint32_t at = begin[key]; at < begin[key + 1]; ++at) {
        if (at > begin[key] && distinct(at, begin[key])) ++slot;
        slot_times_[slot] = asked[at].time;
        slot_of_row_[asked[at].row] = slot;
      }
    }
  });
}

AsOfOffers::AsOfOffers(const AskedTimes& asked, const AsOfOptions& options)
    : asked_(&asked),
      options_(options),
      best_(asked.slots()),
      created_(options.has_created ? asked.slots() : 0, kNoTime) {}

// The rows whose key is asked for at all.
void AsOfOffers::Collect(std::span<const uint32_t> keys, std::span<const int64_t> times,
                         std::span<const int64_t> created) {
  const uint32_t* first_slot = asked_->first_slot_.data();
  probes_.resize(keys.size());
  size_t count = 0;
  for (size_t at = 0; at < keys.size(); ++at) {
    const uint32_t key = keys[at];
    if (key == kNoKey || times[at] == kNoTime || times[at] < options_.earliest) continue;
    int64_t visible = times[at];
    if (options_.filter_by_created) {
      // Nobody who asks before a row was created may see it.
      if (created[at] == kNoTime) continue;
      visible = std::max(visible, created[at]);
    }
    const uint32_t slot = first_slot[key];
    probes_[count] = {visible, slot, first_slot[key + 1] - slot, static_cast<uint32_t>(at)};
    count += probes_[count].left != 0;
  }
  probes_.resize(count);
}

inline void AsOfOffers::Offer(uint32_t slot, const Best& row, int64_t created) {
  Best& best = best_[slot];
  if (best.row != kNoRow) {
    if (row.time < best.time) return;
    if (row.time == best.time) {
      const int64_t known = created_.empty() ? kNoTime : created_[slot];
      if (created < known || (created == known && row.row < best.row)) return;
    }
  }
  best = row;
  if (!created_.empty()) created_[slot] = created;
}

void AsOfOffers::Add(std::span<const uint32_t> keys, std::span<const int64_t> times,
                     std::span<const int64_t> created, uint64_t first_row) {
  Collect(keys, times, created);
  const int64_t* slot_times = asked_->slot_times_.data();
  Block blocks[2] = {};
  const auto offer = [&](const Block& block) {
    for (size_t i = 0; i < block.count; ++i) {
      if (slot_times[block.slot[i]] < block.visible[i]) continue;
      const uint32_t at = block.at[i];
      Offer(block.slot[i], {times[at], first_row + at}, created_.empty() ? kNoTime : created[at]);
    }
  };
  size_t turn = 0;
  for (size_t begin = 0; begin < probes_.size(); begin += kBlock, ++turn) {
    Block& block = blocks[turn % 2];
    block.count = std::min(kBlock, probes_.size() - begin);
    uint32_t longest = 0;
    for (size_t i = 0; i < block.count; ++i) {
      const Probe& probe = probes_[begin + i];
      block.visible[i] = probe.visible;
      block.slot[i] = probe.slot;
      block.left[i] = probe.left;
      block.at[i] = probe.at;
      longest = std::max(longest, probe.left);
    }
    for (; longest > 1; longest -= longest / 2) block.Halve(slot_times);
    for (size_t i = 0; i < block.count; ++i) __builtin_prefetch(&best_[block.slot[i]], 1);
    offer(blocks[(turn + 1) % 2]);  // the block before: what it needs has come meanwhile
  }
  offer(blocks[(turn + 1) % 2]);
}

AsOfWinners::AsOfWinners(std::span<AsOfOffers> offers, size_t threads) {
  AsOfOffers& first = offers[0];
  const auto& first_slot = first.asked_->first_slot_;
  InShares(first_slot.size() - 1, first.asked_->slots(), threads, [&](size_t from, size_t to) {
    for (const AsOfOffers& other : offers.subspan(1)) {
      for (uint32_t slot = first_slot[from]; slot < first_slot[to]; ++slot) {
        const auto& best = other.best_[slot];
        if (best.row == kNoRow) continue;
        first.Offer(slot, best, other.created_.empty() ? kNoTime : other.created_[slot]);
      }
    }
    // What was visible at an asking time is so at the key's later ones.
    for (size_t key = from; key < to; ++key) {
      for (uint32_t slot = first_slot[key] + 1; slot < first_slot[key + 1]; ++slot) {
        const auto& before = first.best_[slot - 1];
        if (before.row == kNoRow) continue;
        first.Offer(slot, before, first.created_.empty() ? kNoTime : first.created_[slot - 1]);
      }
    }
  });
  best_ = std::move(first.best_);
}

std::vector<uint64_t> AsOfWinners::Rows(const AskedTimes& asked, int64_t ttl,
                                        size_t threads) const {
  // The ttl comes last: if the newest row is too old, all others are.
  std::vector<uint64_t> winners(asked.rows());
  InShares(winners.size(), winners.size(), threads, [&](size_t from, size_t to) {
    for (size_t row = from; row < to; ++row) {
      const uint32_t slot = asked.slot_of_row_[row];
      winners[row] = kNoRow;
      if (slot == kNoKey) continue;
      const auto& won = best_[slot];
      if (ttl > 0 && won.time < SaturatingSubtract(asked.slot_times_[slot], ttl)) continue;
      winners[row] = won.row;
    }
  });
  return winners;
}

}  // namespace feast
