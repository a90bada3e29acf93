#include "feast/base/message_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace feast {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMaxPayload = uint64_t{16} << 30;
// How often a wait looks whether its call was cancelled: seldom once it has become a long one.
constexpr milliseconds kFirstCheck{5};
constexpr milliseconds kLastCheck{500};

}  // namespace

std::string LittleEndian(uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

uint64_t FromLittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return value;
}

Status MessageSocket::Send(const CallContext& context, char kind, std::string_view payload,
                           std::string_view more) {
  std::string start = kind + LittleEndian(payload.size() + more.size());
  if (!more.empty()) start += payload;
  if (more.empty()) more = payload;
  FEAST_RETURN_IF_ERROR(Transfer(context, start.data(), start.size(), true));
  return Transfer(context, const_cast<char*>(more.data()), more.size(), true);
}

Result<Message> MessageSocket::Receive(const CallContext& context) {
  char head[9];
  FEAST_RETURN_IF_ERROR(Transfer(context, head, sizeof head, false));
  Message message;
  message.kind = head[0];
  const uint64_t size = FromLittleEndian({head + 1, 8});
  if (size > kMaxPayload) {
    return Status::ResourceExhausted("a message is too long: " + std::to_string(size) + " bytes");
  }
  message.payload.resize(size);
  FEAST_RETURN_IF_ERROR(Transfer(context, message.payload.data(), size, false));
  return message;
}

Status MessageSocket::Transfer(const CallContext& context, char* bytes, size_t size, bool sending) {
  while (size > 0) {
    const ssize_t count = sending ? send(descriptor_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : recv(descriptor_, bytes, size, MSG_DONTWAIT);
    if (count > 0) {
      bytes += count;
      size -= static_cast<size_t>(count);
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      FEAST_RETURN_IF_ERROR(Wait(context, sending ? POLLOUT : POLLIN));
    } else if (count == 0 || errno != EINTR) {
      return Status::Unavailable("the other side of the socket is gone");
    }
  }
  return Status::OK();
}

Status MessageSocket::Wait(const CallContext& context, short events) {
  for (milliseconds check = kFirstCheck;; check = std::min(2 * check, kLastCheck)) {
    FEAST_RETURN_IF_ERROR(context.Check());
    const auto now = std::chrono::steady_clock::now();
    if (now >= limit_) return Status::DeadlineExceeded("it took too long");
    const TimePoint end = std::min({now + check, limit_, context.deadline().value_or(limit_)});
    const auto wait = std::chrono::ceil<milliseconds>(end - now);
    pollfd poll_fd{descriptor_, events, 0};
    const int ready = poll(&poll_fd, 1, static_cast<int>(std::max<int64_t>(wait.count(), 0)));
    if (ready > 0) return Status::OK();
    if (ready < 0 && errno != EINTR) return Status::Unavailable("the socket cannot be used");
  }
}

}  // namespace feast
