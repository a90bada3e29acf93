#pragma once
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
  explicit MessageSocket(int descriptor) : descriptor_(descriptor) {}

  /// Cancelled or DeadlineExceeded by the context; Unavailable when the other side is gone.
  Status Send(const CallContext& context, char kind, std::string_view payload);
  /// The same; ResourceExhausted for a message that is too long to be one of ours.
  Result<Message> Receive(const CallContext& context);

 private:
  Status Transfer(const CallContext& context, char* bytes, size_t size, bool sending);
  Status Wait(const CallContext& context, short events);

  const int descriptor_;
};

/// Eight bytes, least significant first, and back.
std::string LittleEndian(uint64_t value);
uint64_t FromLittleEndian(std::string_view bytes);

}  // namespace feast
