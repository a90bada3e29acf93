#pragma once
/// Counts what a test program takes from the heap. Replaces the program's operator new: include it
/// in one source file of a program.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace feast {

/// Calls of operator new since the start, of all threads.
inline std::atomic<uint64_t>& Allocations() {
  static std::atomic<uint64_t> count{0};
  return count;
}

}  // namespace feast

[[gnu::noinline]] void* operator new(std::size_t size) {
  feast::Allocations().fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  feast::Allocations().fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size > 0 ? size : 1);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
