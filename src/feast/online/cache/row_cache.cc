#include "feast/online/cache/row_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace feast {
namespace {

constexpr uint64_t kEntryOverhead = 256;  // nodes, pointers and counts of one row

void Count(std::atomic<uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

RowCache::RowCache(uint64_t max_bytes, const Clock& clock)
    : part_bytes_(max_bytes / std::tuple_size_v<decltype(parts_)>), clock_(clock) {}

RowCache::Part& RowCache::PartOf(const std::string& key) {
  return parts_[std::hash<std::string>()(key) % parts_.size()];
}

RowCache::Answer RowCache::Find(const std::string& key, const std::function<Waiter()>& waiter) {
  Part& part = PartOf(key);
  const std::lock_guard lock(part.mutex);
  if (const auto entry = part.entries.find(key); entry != part.entries.end()) {
    if (clock_.Now() < entry->second.until) {
      part.order.splice(part.order.begin(), part.order, entry->second.used);
      Count(hits_);
      return {entry->second.row};
    }
    Erase(&part, entry);
  }
  const auto [place, is_new] = part.flights.try_emplace(key);
  Flight& flight = place->second;
  if (!is_new) {
    flight.waiters.push_back(waiter());
    Count(shared_);
    return {nullptr, true};
  }
  Count(misses_);
  flight.ticket = ++part.last_ticket;
  return {nullptr, false, flight.ticket};
}

void RowCache::Arrived(const std::string& key, uint64_t ticket, const CachedRowPtr& row,
                       Micros ttl) {
  Part& part = PartOf(key);
  std::optional<Flight> flight;
  {
    const std::lock_guard lock(part.mutex);
    flight = Land(&part, key, ticket);
    const uint64_t bytes = 2 * key.size() + row->bytes.size() +
                           row->cells.size() * sizeof(TableRows::Cell) + kEntryOverhead;
    if (flight && bytes <= part_bytes_) {
      const auto entry = part.entries.try_emplace(key).first;
      part.order.push_front(entry->first);
      entry->second = {row, clock_.Now() + ttl, bytes, part.order.begin()};
      part.bytes += bytes;
      while (part.bytes > part_bytes_) {
        Erase(&part, part.entries.find(std::string(part.order.back())));
        Count(evictions_);
      }
    }
  }
  if (!flight) return;
  for (const Waiter& waiter : flight->waiters) waiter(row);
}

void RowCache::Failed(const std::string& key, uint64_t ticket) {
  Part& part = PartOf(key);
  std::optional<Flight> flight;
  {
    const std::lock_guard lock(part.mutex);
    flight = Land(&part, key, ticket);
  }
  if (!flight) return;
  for (const Waiter& waiter : flight->waiters) waiter(nullptr);
}

void RowCache::Forget(const std::string& key) {
  Part& part = PartOf(key);
  std::optional<Flight> flight;
  {
    const std::lock_guard lock(part.mutex);
    if (const auto entry = part.entries.find(key); entry != part.entries.end()) Erase(&part, entry);
    // What is being read may be the row of before: nobody who asks from now on gets it.
    if (const auto found = part.flights.find(key); found != part.flights.end()) {
      flight = std::move(found->second);
      part.flights.erase(found);
    }
  }
  if (!flight) return;
  for (const Waiter& waiter : flight->waiters) waiter(nullptr);
}

void RowCache::ForgetAll() {
  std::vector<Waiter> waiters;
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    part.entries.clear();
    part.order.clear();
    part.bytes = 0;
    for (auto& [key, flight] : part.flights) {
      std::ranges::move(flight.waiters, std::back_inserter(waiters));
    }
    part.flights.clear();
  }
  for (const Waiter& waiter : waiters) waiter(nullptr);
}

OnlineCacheStats RowCache::stats() const {
  OnlineCacheStats stats{hits_, misses_, shared_, evictions_, 0, 0};
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    stats.entries += part.entries.size();
    stats.bytes += part.bytes;
  }
  return stats;
}

void RowCache::Erase(Part* part, std::unordered_map<std::string, Entry>::iterator entry) {
  part->bytes -= entry->second.bytes;
  part->order.erase(entry->second.used);
  part->entries.erase(entry);
}

/// The flight of that ticket, if it was not forgotten meanwhile.
std::optional<RowCache::Flight> RowCache::Land(Part* part, const std::string& key,
                                               uint64_t ticket) {
  const auto found = part->flights.find(key);
  if (found == part->flights.end() || found->second.ticket != ticket) return std::nullopt;
  Flight flight = std::move(found->second);
  part->flights.erase(found);
  return flight;
}

}  // namespace feast
