#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What libFuzzer, or the replay of the seeds, calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace feast::fuzz {

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Stops the process, so that the fuzzer keeps the input, when a promise does not hold.
inline void Expect(bool holds, const char* promise, std::string_view seen = "") {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s: %.*s\n", promise, static_cast<int>(seen.size()),
               seen.empty() ? "" : seen.data());
  std::abort();
}

}  // namespace feast::fuzz
