#pragma once
#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <type_traits>

namespace feast {

/// Arrays that live as long as this object, cut from a few blocks. Not thread-safe.
class Arena {
 public:
  /// Arrays of `bytes` in all take one block; what is more takes further ones.
  explicit Arena(size_t bytes) : memory_(std::max<size_t>(bytes, 1)) {}

  template <typename T>
  std::span<T> Make(size_t count, const T& value = T()) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* const items = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_fill_n(items, count, value);
    return {items, count};
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace feast
