#pragma once
#include <string>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// Name of the hash field that holds a feature: 4 bytes, MurmurHash3_x86_32 of "view:feature".
std::string RedisFeatureField(std::string_view view, std::string_view feature);

/// Name of the hash field that holds a view's event time: "_ts:view".
std::string RedisTimestampField(std::string_view view);

/// Appends an event time as a serialized google.protobuf.Timestamp; the epoch is empty.
void AppendTimestampBytes(Micros time, std::string* out);

/// The time in a serialized google.protobuf.Timestamp, nanoseconds cut to micros. DataLoss if
/// damaged.
Result<Micros> TimeOfTimestampBytes(std::string_view bytes);

}  // namespace feast
