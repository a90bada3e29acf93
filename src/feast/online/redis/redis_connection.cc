#include "feast/online/redis/redis_connection.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include <boost/asio.hpp>

#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

constexpr size_t kBufferBytes = 64 << 10;
constexpr size_t kLeastRoom = 4 << 10;
constexpr size_t kLargestKept = 1 << 20;  // a buffer that one long value needed is given back

steady_clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

struct RedisConnection::Alarm {
  explicit Alarm(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
};

// The replies to the commands that a connection starts with: all must be fine, but for that of
// loading the script, which can be sent whole later.
class RedisConnection::Introduction final : public ReplySink {
 public:
  Introduction(RedisConnection& connection, size_t needed)
      : connection_(connection), needed_(needed) {}

  void Take(const RespToken& token, size_t depth) override {
    if (depth == 1 && token.text == "slave" && failure_.ok()) {
      failure_ = Status::Unavailable("Redis at " + connection_.name() +
                                     " is not the primary any more, and its sentinels do not know");
    }
    if (depth > 0 || seen_++ >= needed_ || token.kind != RespToken::Kind::kError) return;
    if (failure_.ok()) failure_ = StatusOfRedisError(token.text, connection_.name());
  }
  void Hold(const std::shared_ptr<const void>&) override {}
  void Finish(const Status& status) override {
    if (status.ok()) connection_.Introduced(failure_);
  }

 private:
  RedisConnection& connection_;  // which owns this
  const size_t needed_;
  size_t seen_ = 0;
  Status failure_;
};

std::shared_ptr<RedisConnection> RedisConnection::Make(boost::asio::io_context& context,
                                                       RedisPeer peer, const RedisLimits& limits) {
  return std::shared_ptr<RedisConnection>(new RedisConnection(context, std::move(peer), limits));
}

RedisConnection::RedisConnection(boost::asio::io_context& context, RedisPeer peer,
                                 const RedisLimits& limits)
    : context_(context),
      peer_(std::move(peer)),
      limits_(limits),
      name_(peer_.options->unix_socket_path.empty() ? peer_.endpoint.ToString()
                                                    : peer_.options->unix_socket_path),
      alarm_(std::make_unique<Alarm>(context)),
      alarm_at_(TimePoint::max()) {}

RedisConnection::~RedisConnection() {
  Fail(Status::Cancelled("the connection to Redis at " + name_ + " was closed"));
}

Result<std::string*> RedisConnection::Begin(const CallContext& context) {
  FEAST_RETURN_IF_ERROR(context.Check());
  if (requests_.size() >= limits_.queued_requests || unsent_.size() > limits_.unsent_bytes) {
    return Status::ResourceExhausted("too many requests wait for Redis at " + name_ + ": " +
                                     std::to_string(requests_.size()));
  }
  if (state_ == State::kClosed) {
    if (steady_clock::now() < retry_at_) return last_failure_;
    Open();
    if (state_ == State::kClosed) return last_failure_;
  }
  return &unsent_;
}

void RedisConnection::Expect(size_t replies, const CallContext& context,
                             std::shared_ptr<ReplySink> sink) {
  if (requests_.empty()) last_heard_ = steady_clock::now();
  requests_.push_back({std::move(sink), replies, context.deadline().value_or(TimePoint::max())});
  FlushSoon();
  SetAlarm();
}

void RedisConnection::Open() {
  state_ = State::kConnecting;
  last_heard_ = steady_clock::now();
  if (!peer_.find) return Connect(peer_.endpoint);
  peer_.find([weak = weak_from_this(), attempt = ++attempt_](Result<RedisEndpoint> endpoint) {
    const auto self = weak.lock();
    if (self == nullptr || self->attempt_ != attempt || self->state_ != State::kConnecting) return;
    if (!endpoint.ok()) return self->Fail(endpoint.status());
    self->name_ = endpoint->ToString();
    self->Connect(*endpoint);
  });
}

void RedisConnection::Connect(const RedisEndpoint& endpoint) {
  auto transport = RedisTransport::Make(context_, *peer_.options, endpoint, this);
  if (!transport.ok()) return Fail(transport.status());
  transport_ = *std::move(transport);
  transport_->Connect();
}

void RedisConnection::OnConnected() {
  state_ = State::kIntroducing;
  last_heard_ = steady_clock::now();
  const RedisConnectionOptions& options = *peer_.options;
  std::string commands;
  size_t needed = 0;
  const bool has_login = options.has_password || !options.username.empty();
  const std::string& user = options.username;
  if (options.protocol == 3 && has_login) {
    AppendCommand({"HELLO", "3", "AUTH", user.empty() ? "default" : user, options.password},
                  &commands);
    ++needed;
  } else if (options.protocol == 3) {
    AppendCommand({"HELLO", "3"}, &commands);
    ++needed;
  } else if (has_login) {
    user.empty() ? AppendCommand({"AUTH", options.password}, &commands)
                 : AppendCommand({"AUTH", user, options.password}, &commands);
    ++needed;
  }
  if (!options.client_name.empty()) {
    AppendCommand({"CLIENT", "SETNAME", options.client_name}, &commands);
    ++needed;
  }
  if (options.db != 0) {
    AppendCommand({"SELECT", std::to_string(options.db)}, &commands);
    ++needed;
  }
  if (peer_.read_only) {
    AppendCommand({"READONLY"}, &commands);
    ++needed;
  }
  // Always something to ask: the server may still load its data, or not be the primary any more.
  AppendCommand({peer_.find ? "ROLE" : "PING"}, &commands);
  ++needed;
  if (!peer_.script.empty()) AppendCommand({"SCRIPT", "LOAD", peer_.script}, &commands);
  const size_t replies = needed + (peer_.script.empty() ? 0 : 1);
  requests_.push_front({std::make_shared<Introduction>(*this, needed), replies, TimePoint::max()});
  writing_ = true;
  transport_->Write(&commands);
  ReadMore();
}

void RedisConnection::Introduced(const Status& status) {
  if (!status.ok()) return Fail(status);
  state_ = State::kReady;
  back_off_ = {};
  FlushSoon();
}

void RedisConnection::OnBroken(Status why) { Fail(why); }

void RedisConnection::Fail(const Status& why) {
  const auto self = weak_from_this().lock();  // those who are told may let go of it
  const bool was_ready = state_ == State::kReady;
  if (transport_ != nullptr) std::exchange(transport_, nullptr)->Close();
  state_ = State::kClosed;
  unsent_.clear();
  writing_ = false;
  filled_ = parsed_ = 0;
  buffer_.reset();
  capacity_ = 0;
  needed_ = 1;
  nesting_.Clear();
  in_push_ = front_holds_ = false;
  last_failure_ = why;
  if (was_ready) {
    retry_at_ = {};
  } else {
    back_off_ = std::clamp(back_off_ * 2, limits_.first_back_off, limits_.longest_back_off);
    retry_at_ = steady_clock::now() + back_off_;
  }
  for (Request& request : std::exchange(requests_, {})) {
    if (request.sink != nullptr) request.sink->Finish(why);
  }
}

void RedisConnection::FlushSoon() {
  if (flush_posted_ || writing_ || state_ != State::kReady || unsent_.empty()) return;
  flush_posted_ = true;
  boost::asio::post(context_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Flush();
  });
}

void RedisConnection::Flush() {
  flush_posted_ = false;
  if (writing_ || state_ != State::kReady || unsent_.empty()) return;
  writing_ = true;
  transport_->Write(&unsent_);
}

void RedisConnection::OnWritten() {
  writing_ = false;
  if (state_ == State::kReady) Flush();
}

void RedisConnection::ReadMore() {
  const size_t tail = filled_ - parsed_;
  if (tail == 0 && capacity_ > kLargestKept) {
    buffer_.reset();
    capacity_ = filled_ = parsed_ = 0;
    front_holds_ = false;
  }
  const size_t room = std::max(kLeastRoom, needed_ - std::min(needed_, tail));
  if (capacity_ - filled_ < room || tail == 0) {
    const size_t capacity = std::max(kBufferBytes, tail + room);
    const bool is_ours = buffer_ != nullptr && buffer_.use_count() == 1;
    if (is_ours && capacity <= capacity_) {
      std::atomic_thread_fence(std::memory_order_acquire);  // whoever let go of it is done reading
      std::memmove(buffer_.get(), buffer_.get() + parsed_, tail);
      filled_ = tail;
      parsed_ = 0;
    } else if (capacity_ - filled_ < room) {
      // Callers hold views of the old bytes: the rest goes on in a buffer of its own.
      auto next = std::make_shared_for_overwrite<char[]>(capacity);
      if (tail > 0) std::memcpy(next.get(), buffer_.get() + parsed_, tail);
      buffer_ = std::move(next);
      capacity_ = capacity;
      filled_ = tail;
      parsed_ = 0;
      front_holds_ = false;
    }
  }
  transport_->Read(buffer_, buffer_.get() + filled_, capacity_ - filled_);
}

void RedisConnection::OnRead(size_t bytes) {
  const auto self = shared_from_this();
  filled_ += bytes;
  last_heard_ = steady_clock::now();
  const std::shared_ptr<RedisTransport> transport = transport_;
  while (true) {
    RespToken token;
    size_t size = 0;
    const auto outcome = ReadRespToken({buffer_.get() + parsed_, filled_ - parsed_}, &token, &size);
    if (outcome == RespOutcome::kIncomplete) {
      needed_ = size;
      return ReadMore();
    }
    if (outcome == RespOutcome::kBroken || nesting_.too_deep()) {
      return Fail(Status::DataLoss("what answers at " + name_ + " does not speak Redis' protocol"));
    }
    parsed_ += size;
    Deliver(token);
    if (transport_ != transport) return;
    DeliverItems();
  }
}

// The short texts that a reply goes on with, which is what large answers are made of.
void RedisConnection::DeliverItems() {
  if (!front_holds_ || in_push_) return;
  ReplySink& sink = *requests_.front().sink;
  const size_t depth = nesting_.depth();
  const int64_t most = nesting_.skippable();
  const std::string_view bytes(buffer_.get(), filled_);
  RespToken token;
  size_t size = 0;
  int64_t count = 0;
  while (count < most && ReadShortRespText(bytes.substr(parsed_), &token, &size)) {
    parsed_ += size;
    ++count;
    sink.Take(token, depth);
  }
  if (count > 0) nesting_.Skip(count);
}

void RedisConnection::Deliver(const RespToken& token) {
  const size_t depth = nesting_.depth();
  if (depth == 0 && token.kind == RespToken::Kind::kPush) in_push_ = true;
  if (!in_push_) {
    if (requests_.empty()) {
      return Fail(Status::DataLoss("Redis at " + name_ + " answered what nobody had asked"));
    }
    Request& request = requests_.front();
    if (request.sink != nullptr) {
      if (!front_holds_) request.sink->Hold(buffer_);
      front_holds_ = true;  // and there is a sink
      request.sink->Take(token, depth);
    }
  }
  if (!nesting_.Take(token)) return;
  if (std::exchange(in_push_, false) || --requests_.front().replies > 0) return;
  const auto sink = std::move(requests_.front().sink);
  requests_.pop_front();
  front_holds_ = false;
  if (sink != nullptr) sink->Finish(Status::OK());
}

void RedisConnection::SetAlarm() {
  if (requests_.empty()) return;
  const bool connecting = state_ != State::kReady;
  const double patience =
      connecting ? peer_.options->connect_seconds : peer_.options->silence_seconds;
  const TimePoint at = std::min(requests_.back().deadline, last_heard_ + Seconds(patience));
  if (at >= alarm_at_) return;
  alarm_at_ = at;
  alarm_->timer.expires_at(at);
  alarm_->timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;  // set anew
    if (const auto self = weak.lock()) self->Ring();
  });
}

void RedisConnection::Ring() {
  alarm_at_ = TimePoint::max();
  const TimePoint now = steady_clock::now();
  const bool connecting = state_ != State::kReady;
  const double patience =
      connecting ? peer_.options->connect_seconds : peer_.options->silence_seconds;
  if (!requests_.empty() && now - last_heard_ >= Seconds(patience)) {
    const std::string limit = std::to_string(static_cast<int64_t>(patience * 1000)) + " ms";
    return Fail(Status::Unavailable(connecting
                                        ? "cannot connect to Redis at " + name_ + " within " + limit
                                        : "Redis at " + name_ + " has not answered for " + limit));
  }
  std::vector<std::shared_ptr<ReplySink>> late;
  TimePoint next = last_heard_ + Seconds(patience);
  for (Request& request : requests_) {
    if (request.sink == nullptr) continue;
    if (request.deadline <= now) {
      late.push_back(std::move(request.sink));
      request.sink = nullptr;
      if (&request == &requests_.front()) front_holds_ = false;
    } else {
      next = std::min(next, request.deadline);
    }
  }
  if (!requests_.empty()) {
    alarm_at_ = next;
    alarm_->timer.expires_at(next);
    alarm_->timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->Ring();
    });
  }
  for (const auto& sink : late) {
    sink->Finish(Status::DeadlineExceeded("Redis at " + name_ +
                                          " did not answer before the request's deadline"));
  }
}

}  // namespace feast
