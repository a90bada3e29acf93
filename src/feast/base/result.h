#pragma once
#include <cassert>
#include <utility>
#include <variant>

#include "feast/base/status.h"

namespace feast {

/// A value, or the Status that says why there is none. Thread-compatible.
///
/// Reading the value of a failed result is a bug (checked in debug builds).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}        // NOLINT: implicit
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {  // NOLINT: implicit
    assert(!std::get<1>(state_).ok());
  }

  bool ok() const { return state_.index() == 0; }
  Status status() const { return ok() ? Status() : std::get<1>(state_); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace feast

#define FEAST_ASSIGN_OR_RETURN_IMPL(result, lhs, expression) \
  auto result = (expression);                                \
  if (!result.ok()) return result.status();                  \
  lhs = *std::move(result)

/// `lhs` becomes the value of the result, or the enclosing function returns its status.
#define FEAST_ASSIGN_OR_RETURN(lhs, expression) \
  FEAST_ASSIGN_OR_RETURN_IMPL(FEAST_CONCAT(feast_result_, __COUNTER__), lhs, expression)
