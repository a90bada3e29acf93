#include "feast/online/redis/read_choice.h"

#include <algorithm>

namespace feast {
namespace {

constexpr double kWeightOfNew = 0.25;
constexpr double kWorthChanging = 0.9;  // of the other's cost: no going to and fro

// Nanoseconds of Redis' CPU, measured (README), and of ours to parse.
constexpr double kListpackStep = 7.8;  // HMGET: an entry that is passed in the search
constexpr double kListpackField = 30;  // HMGET: a field that is answered
constexpr double kTableField = 200;    // the same in a hashtable
constexpr double kListpackEntry = 90;  // HGETALL
constexpr double kTableEntry = 115;
constexpr double kParseField = 15;
constexpr double kParseEntry = 30;

double Blend(double old, double fresh, bool has_old) {
  return has_old ? old + kWeightOfNew * (fresh - old) : fresh;
}

}  // namespace

void ReadChoice::Learn(const HashSample& sample) {
  const auto entries = static_cast<double>(sample.entries);
  const auto wanted = static_cast<double>(sample.wanted);
  const double whole =
      entries * (kParseEntry + (sample.is_listpack ? kListpackEntry : kTableEntry));
  const double fields =
      wanted * (kParseField + (sample.is_listpack ? kListpackField : kTableField)) +
      (sample.is_listpack ? kListpackStep * static_cast<double>(sample.positions) : 0);
  const double ratio = static_cast<double>(sample.whole_bytes) /
                       static_cast<double>(std::max<size_t>(sample.wanted_bytes, 1));
  whole_cost_ = Blend(whole_cost_, whole, has_sample_);
  fields_cost_ = Blend(fields_cost_, fields, has_sample_);
  // Growth counts at once: an answer that is too large costs more than one that is slow.
  bytes_ratio_ = std::max(ratio, Blend(bytes_ratio_, ratio, has_sample_));
  has_sample_ = true;
  requests_until_sample_ = kRequestsToNext;
  const bool is_cheaper = reads_whole_ ? whole_cost_ * kWorthChanging < fields_cost_
                                       : whole_cost_ < fields_cost_ * kWorthChanging;
  reads_whole_ = is_cheaper && bytes_ratio_ <= kMostBytes;
}

}  // namespace feast
