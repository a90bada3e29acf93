#pragma once
/// The Arrow C data and stream interfaces: how columns cross between the core, the batch module and
/// Python. The structs are nanoarrow's, which are Arrow's to the byte.
#include <nanoarrow/nanoarrow.h>

#include <utility>

namespace feast {

/// Owns one Arrow C struct (ArrowSchema, ArrowArray or ArrowArrayStream) and releases it.
/// Thread-compatible.
template <typename T>
class ArrowOwned {
 public:
  ArrowOwned() = default;
  explicit ArrowOwned(T* moved_from) : value_(std::exchange(*moved_from, T{})) {}
  ArrowOwned(ArrowOwned&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  ArrowOwned& operator=(ArrowOwned&& other) noexcept {
    if (this != &other) {
      Reset();
      value_ = std::exchange(other.value_, T{});
    }
    return *this;
  }
  ~ArrowOwned() { Reset(); }

  T* get() { return &value_; }
  const T* get() const { return &value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }
  bool empty() const { return value_.release == nullptr; }
  void Reset() {
    if (value_.release) value_.release(&value_);
    value_ = T{};
  }
  /// Gives the struct away; the caller releases it.
  T Take() { return std::exchange(value_, T{}); }

 private:
  T value_{};
};

using OwnedSchema = ArrowOwned<ArrowSchema>;
using OwnedArray = ArrowOwned<ArrowArray>;
using OwnedStream = ArrowOwned<ArrowArrayStream>;

}  // namespace feast
