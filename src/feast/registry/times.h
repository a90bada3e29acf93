#pragma once
#include <google/protobuf/timestamp.pb.h>

#include "feast/base/clock.h"

namespace feast {

/// A protobuf time; nanoseconds are never negative.
inline google::protobuf::Timestamp ToTimestamp(Micros time) {
  Micros seconds = time / kMicrosPerSecond;
  Micros micros = time % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(micros * 1000));
  return timestamp;
}

}  // namespace feast
