#pragma once
#include <cstddef>
#include <cstdint>

namespace feast {

/// What a look at one whole hash told about it, for the fields that a plan wants.
struct HashSample {
  size_t entries = 0;
  bool is_listpack = false;  ///< Redis' encoding of small hashes: fields are searched one by one
  size_t wanted = 0;         ///< fields asked for, found or not
  size_t positions = 0;      ///< sum of their places in the hash, from 1; a missing one: `entries`
  size_t whole_bytes = 0;    ///< of the answer to HGETALL
  size_t wanted_bytes = 0;   ///< of the answer to HMGET
};

/// Whether to ask for fields (HMGET) or for whole hashes (HGETALL), learnt from samples. Costs are
/// nanoseconds of CPU of Redis and of us; how they were measured is in the README.
///
/// Thread-compatible. Fields, until there is a sample: a wrong choice of them is slow, but never
/// larger than what was asked for.
class ReadChoice {
 public:
  /// Answers may be this much larger than what was asked for.
  static constexpr double kMostBytes = 6;

  bool reads_whole() const { return reads_whole_; }
  /// Counts a request; true when the next sample is due.
  bool WantsSample() {
    if (requests_until_sample_ > 0) --requests_until_sample_;
    return requests_until_sample_ == 0;
  }
  /// A sample is on its way: none is due until it is there, or was lost for long.
  void Await() { requests_until_sample_ = kRequestsToNext; }
  void Learn(const HashSample& sample);
  /// The sampled entity does not exist: another is due soon.
  void LearnNothing() { requests_until_sample_ = kRequestsToRetry; }

 private:
  static constexpr uint32_t kRequestsToNext = 1000;
  static constexpr uint32_t kRequestsToRetry = 10;

  bool reads_whole_ = false;
  bool has_sample_ = false;
  uint32_t requests_until_sample_ = 1;
  // Running averages over samples.
  double whole_cost_ = 0;
  double fields_cost_ = 0;
  double bytes_ratio_ = 0;
};

}  // namespace feast
