#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/base/clock.h"
#include "feast/online/online_store.h"

namespace feast {

/// One row as it was read. Immutable.
struct CachedRow {
  std::string bytes;  ///< what the cells point into
  std::vector<TableRows::Cell> cells;
  std::optional<Micros> event_time;  ///< none: the store has no such row
};
using CachedRowPtr = std::shared_ptr<const CachedRow>;

/// What a cache has done since it was made, and what it holds.
struct OnlineCacheStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t shared = 0;     ///< rows that another request was already reading
  uint64_t evictions = 0;  ///< rows that made room
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

/// Rows by key, at most a number of bytes, and who waits for the ones that are being read.
///
/// Thread-safe: sixteen parts with a lock each. Borrows the clock.
class RowCache {
 public:
  /// Called with the row, or null when whoever was reading it has failed.
  using Waiter = std::function<void(const CachedRowPtr&)>;
  /// Exactly one of: a row; nothing yet, but the waiter was taken; the caller has to read it.
  struct Answer {
    CachedRowPtr row;
    bool waits = false;
    uint64_t ticket = 0;  ///< for `Arrived` and `Failed`, which a reader calls
  };

  RowCache(uint64_t max_bytes, const Clock& clock);

  /// A row that is fresh, or asks `waiter` to wait for one that is being read.
  Answer Find(const std::string& key, const std::function<Waiter()>& waiter);
  /// Keeps the row for `ttl`, unless it was forgotten while it was read, and tells who waits.
  void Arrived(const std::string& key, uint64_t ticket, const CachedRowPtr& row, Micros ttl);
  void Failed(const std::string& key, uint64_t ticket);
  void Forget(const std::string& key);
  void ForgetAll();

  OnlineCacheStats stats() const;

 private:
  struct Entry {
    CachedRowPtr row;
    Micros until = 0;
    uint64_t bytes = 0;
    std::list<std::string_view>::iterator used;
  };
  struct Flight {
    uint64_t ticket = 0;
    std::vector<Waiter> waiters;
  };
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Entry> entries;   // guarded by mutex, as all here
    std::list<std::string_view> order;                // latest first; points into the keys
    std::unordered_map<std::string, Flight> flights;  // being read, and not forgotten since
    uint64_t last_ticket = 0;
    uint64_t bytes = 0;
  };

  Part& PartOf(const std::string& key);
  static void Erase(Part* part, std::unordered_map<std::string, Entry>::iterator entry);
  static std::optional<Flight> Land(Part* part, const std::string& key, uint64_t ticket);

  const uint64_t part_bytes_;
  const Clock& clock_;
  std::array<Part, 16> parts_;
  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> misses_{0};
  std::atomic<uint64_t> shared_{0};
  std::atomic<uint64_t> evictions_{0};
};

}  // namespace feast
