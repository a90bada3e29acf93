#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

namespace feast {

/// One message: one byte of kind, eight bytes of length (little-endian), the payload.
struct Message {
  char kind = 0;
  std::string payload;
};

/// Messages over a connected stream socket, which it borrows. Thread-compatible; one thread may
/// send while another receives.
class MessageSocket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit MessageSocket(int descriptor) : descriptor_(descriptor) {}

  /// DeadlineExceeded for transfers that last until then, whatever their call's own deadline.
  void set_limit(TimePoint limit) { limit_ = limit; }

  /// With `more`, one message of both parts, of which the first is copied. Cancelled or
  /// DeadlineExceeded by the context; Unavailable when the other side is gone.
  Status Send(const CallContext& context, char kind, std::string_view payload,
              std::string_view more = {});
  /// The same; ResourceExhausted for a message that is too long to be one of ours.
  Result<Message> Receive(const CallContext& context);

 private:
  Status Transfer(const CallContext& context, char* bytes, size_t size, bool sending);
  Status Wait(const CallContext& context, short events);

  const int descriptor_;
  TimePoint limit_ = TimePoint::max();
};

/// Eight bytes, least significant first, and back.
std::string LittleEndian(uint64_t value);
uint64_t FromLittleEndian(std::string_view bytes);

}  // namespace feast
