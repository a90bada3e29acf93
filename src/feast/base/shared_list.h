#pragma once
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace feast {

/// An immutable list that many hold: copies are cheap, and tell whether they are the same list.
/// Thread-safe.
template <typename T>
class SharedList {
 public:
  SharedList() = default;
  SharedList(std::vector<T> items)
      : items_(std::make_shared<const std::vector<T>>(std::move(items))) {}
  SharedList(std::initializer_list<T> items) : SharedList(std::vector<T>(items)) {}

  const std::vector<T>& items() const {
    static const std::vector<T> kEmpty;
    return items_ ? *items_ : kEmpty;
  }
  operator const std::vector<T>&() const { return items(); }

  size_t size() const { return items_ ? items_->size() : 0; }
  bool empty() const { return size() == 0; }
  const T& operator[](size_t index) const { return (*items_)[index]; }
  const T& front() const { return items_->front(); }
  auto begin() const { return items().begin(); }
  auto end() const { return items().end(); }

  /// Whether both are copies of one list: equal without a look at the items.
  bool IsSameList(const SharedList& other) const { return items_ == other.items_; }
  friend bool operator==(const SharedList& left, const SharedList& right) {
    return left.IsSameList(right) || left.items() == right.items();
  }

 private:
  std::shared_ptr<const std::vector<T>> items_;
};

}  // namespace feast
