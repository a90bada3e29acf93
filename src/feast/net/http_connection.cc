#include <algorithm>
#include <array>
#include <type_traits>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "feast/net/http_worker_internal.h"

namespace feast::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLinger{1000};
constexpr std::chrono::milliseconds kLingerAtTheEnd{250};
// An idle connection keeps its buffers for its next request so long.
constexpr std::chrono::milliseconds kSpareAfter{1000};
// And so much of the last request and answer.
constexpr size_t kKeptBytes = 64 << 10;
constexpr size_t kReadBytes = 8192;

std::string RenderHead(const HttpResponse& response, const std::string& date, bool keep_alive,
                       bool http10) {
  const auto reason = bhttp::obsolete_reason(static_cast<bhttp::status>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(reason.data(), reason.size());
  head += "\r\ndate: " + date;
  if (!response.content_type.empty()) head += "\r\ncontent-type: " + response.content_type;
  if (response.status != 204) {
    head += "\r\ncontent-length: " + std::to_string(response.body.size());
  }
  for (const auto& [name, value] : response.headers)
    head.append("\r\n").append(name).append(": ").append(value);
  if (!keep_alive) head += "\r\nconnection: close";
  if (keep_alive && http10) head += "\r\nconnection: keep-alive";
  return head + "\r\n\r\n";
}

HttpResponse Refusal(int status, std::string_view detail) {
  return {status, "application/json", "{\"detail\":\"" + std::string(detail) + "\"}", {}};
}

/// One connection: reads a request, hands it out, writes the answer, reads the next. Requests that
/// were sent ahead wait in the buffer, so answers keep their order. Single-core.
template <typename Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <typename... TlsContext>
  Session(std::shared_ptr<Worker> worker, tcp::socket socket, TlsContext&... tls)
      : worker_(std::move(worker)), stream_(std::move(socket), tls...) {
    error_code ignored;
    peer_ = Socket().remote_endpoint(ignored).address().to_string();
    Socket().non_blocking(true, ignored);
    worker_->Register(this);
  }
  ~Session() override { worker_->Deregister(this); }

  void Start() {
    if constexpr (kTls) {
      Enter(Phase::kHandshake, Limits().read_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (!error) self->AwaitRequest();
                              });
    } else {
      AwaitRequest();
    }
  }
  void CloseIfIdle() override {
    error_code error;
    if (phase_ != Phase::kIdle || Socket().available(error) > 0) return;
    Socket().cancel(error);
    Finish();
  }
  void Close() override {
    error_code ignored;
    Socket().close(ignored);
  }
  void Tick(SteadyClock::time_point now) override {
    if (phase_ == Phase::kIdle && now >= idle_since_ + kSpareAfter) GiveBackMemory();
    if (now < deadline_) return;
    deadline_ = SteadyClock::time_point::max();
    if (phase_ != Phase::kReading) return Close();
    late_ = true;
    error_code ignored;
    Socket().cancel(ignored);
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, tcp::socket>;

  enum class Phase {
    kHandshake,
    kIdle,  // nothing of the next request is there
    kReading,
    kAnswering,  // the handler has it
    kWriting,
    kLeaving,
  };

  /// One request that the handler holds. Keeps connection and event loop alive until it is
  /// answered.
  struct Pending {
    explicit Pending(std::shared_ptr<Session> s)
        : session(std::move(s)), guard(asio::make_work_guard(session->worker_->loop.context())) {}
    ~Pending() {
      if (!answered.exchange(true)) Finish(std::nullopt);
    }
    void Answer(HttpResponse response) {
      if (!answered.exchange(true)) Finish(std::move(response));
    }
    void Finish(std::optional<HttpResponse> response) {
      session->worker_->shared->in_flight.fetch_sub(1);
      auto& loop = session->worker_->loop.context();
      if (loop.stopped()) return;  // too late: what it would run later would keep it alive for ever
      asio::dispatch(loop, [self = std::move(session), r = std::move(response)]() mutable {
        if (r) return self->Write(std::move(*r), self->parser_->keep_alive());
        self->Close();
      });
    }
    std::shared_ptr<Session> session;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::atomic<bool> answered{false};
  };

  tcp::socket& Socket() { return beast::get_lowest_layer(stream_); }
  const HttpLimits& Limits() const { return worker_->shared->options.limits; }
  void Enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    deadline_ = SteadyClock::now() + limit;
  }

  void AwaitRequest() {
    if (parser_ && parser_->get().body().capacity() > kKeptBytes) parser_.reset();
    if (body_.capacity() > kKeptBytes) std::string().swap(body_);
    if (buffer_.size() > 0) return ReadRequest();
    Enter(Phase::kIdle, Limits().idle_timeout);
    idle_since_ = deadline_ - Limits().idle_timeout;
    if constexpr (kTls) {
      stream_.async_read_some(buffer_.prepare(kReadBytes),
                              [self = this->shared_from_this()](error_code error, size_t bytes) {
                                self->Arrived(error, bytes);
                              });
    } else {
      // Without a buffer, so that thousands of idle connections need none.
      stream_.async_wait(
          tcp::socket::wait_read, [self = this->shared_from_this()](error_code error) {
            size_t bytes = 0;
            if (!error && self->phase_ == Phase::kIdle) {
              bytes = self->stream_.read_some(self->buffer_.prepare(kReadBytes), error);
            }
            self->Arrived(error, bytes);
          });
    }
  }

  void Arrived(error_code error, size_t bytes) {
    if (phase_ != Phase::kIdle) return;  // it is being closed
    if (error == asio::error::would_block) return AwaitRequest();
    if (error) return;
    buffer_.commit(bytes);
    ReadRequest();
  }

  void GiveBackMemory() {
    parser_.reset();
    std::string().swap(body_);
    std::string().swap(head_);
    if constexpr (!kTls) buffer_.shrink_to_fit();
  }

  void ReadRequest() {
    Enter(Phase::kReading, std::min(Limits().header_timeout, Limits().read_timeout));
    began_ = deadline_ - std::min(Limits().header_timeout, Limits().read_timeout);
    parser_.emplace();
    parser_->body_limit(Limits().max_body_bytes);
    parser_->header_limit(Limits().max_header_bytes);
    // What is here already, which is most requests whole, needs no trip through the loop.
    error_code error;
    while (buffer_.size() > 0 && !parser_->is_done() && !error) {
      buffer_.consume(parser_->put(buffer_.data(), error));
    }
    if (error && error != bhttp::error::need_more) return RefuseBroken(error);
    if (parser_->is_header_done()) return HeaderRead();
    bhttp::async_read_header(stream_, buffer_, *parser_,
                             [self = this->shared_from_this()](error_code failed, size_t) {
                               if (failed) return self->RefuseBroken(failed);
                               self->HeaderRead();
                             });
  }

  void HeaderRead() {
    deadline_ = began_ + Limits().read_timeout;
    if (parser_->is_done()) return Dispatch();
    if (beast::iequals(parser_->get()[bhttp::field::expect], "100-continue")) return Continue();
    ReadBody();
  }

  void Continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (error) return self->RefuseBroken(error);
                        self->ReadBody();
                      });
  }

  void ReadBody() {
    bhttp::async_read(stream_, buffer_, *parser_,
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (error) return self->RefuseBroken(error);
                        self->Dispatch();
                      });
  }

  void Refuse(int status, std::string_view detail, bool keep_alive) {
    if (const HttpRefused& refused = worker_->shared->options.refused) refused(peer_, status);
    Write(Refusal(status, detail), keep_alive);
  }

  void RefuseBroken(error_code error) {
    if (late_) return Refuse(408, "The request did not come whole in time", false);
    if (error == bhttp::error::body_limit) {
      return Refuse(
          413, "Request body is larger than " + std::to_string(Limits().max_body_bytes) + " bytes",
          false);
    }
    if (error == bhttp::error::header_limit) {
      return Refuse(431, "Request header fields are too large", false);
    }
    if (error == bhttp::error::end_of_stream || error == bhttp::error::partial_message) return;
    if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category()) {
      Refuse(400, "Malformed HTTP request: " + error.message(), false);
    }
  }

  void Dispatch() {
    const auto& message = parser_->get();
    const std::string_view target(message.target().data(), message.target().size());
    const size_t question = std::min(target.find('?'), target.size());
    request_.method = {message.method_string().data(), message.method_string().size()};
    request_.path = target.substr(0, question);
    request_.query = target.substr(std::min(question + 1, target.size()));
    request_.body = message.body();
    request_.peer = peer_;
    request_.headers.clear();
    for (const auto& field : message) {
      request_.headers.emplace_back(
          std::string_view(field.name_string().data(), field.name_string().size()),
          std::string_view(field.value().data(), field.value().size()));
    }
    phase_ = Phase::kAnswering;
    deadline_ = SteadyClock::time_point::max();
    Shared& shared = *worker_->shared;
    if (shared.in_flight.fetch_add(1) >= Limits().max_in_flight) {
      shared.in_flight.fetch_sub(1);
      return Refuse(503, "Too many requests in flight, try again", parser_->keep_alive());
    }
    const auto pending = std::make_shared<Pending>(this->shared_from_this());
    try {
      shared.handler(request_,
                     [pending](HttpResponse response) { pending->Answer(std::move(response)); });
    } catch (const std::exception& error) {
      pending->Answer(Refusal(500, "Internal error"));
    }
  }

  void Write(HttpResponse response, bool keep_alive) {
    keep_alive = keep_alive && !worker_->draining;
    head_ = RenderHead(response, worker_->Date(), keep_alive, parser_->get().version() < 11);
    body_ = std::move(response.body);
    if (parser_->get().method() == bhttp::verb::head) body_.clear();
    Enter(Phase::kWriting, Limits().write_timeout);
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(stream_, parts,
                      [self = this->shared_from_this(), keep_alive](error_code error, size_t) {
                        if (error) return;
                        if (!keep_alive) return self->Finish();
                        self->AwaitRequest();
                      });
  }

  /// Says goodbye, then reads until the client has too: an early close would cut off the answer,
  /// and be an error to who is just sending the next request.
  void Finish() {
    Enter(Phase::kLeaving, worker_->draining ? kLingerAtTheEnd : kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->Discard(); });
    } else {
      Discard();
    }
  }
  void Discard() {
    error_code ignored;
    Socket().shutdown(tcp::socket::shutdown_send, ignored);
    DiscardMore();
  }
  void DiscardMore() {
    buffer_.clear();
    Socket().async_read_some(buffer_.prepare(kReadBytes),
                             [self = this->shared_from_this()](error_code error, size_t) {
                               if (!error) self->DiscardMore();
                             });
  }

  std::shared_ptr<Worker> worker_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  HttpRequest request_;
  std::string peer_;
  std::string head_;
  std::string body_;
  Phase phase_ = Phase::kIdle;
  bool late_ = false;  // the request that is being read has no time left
  SteadyClock::time_point deadline_;
  SteadyClock::time_point idle_since_;
  SteadyClock::time_point began_;  // of the request that is being read
};

}  // namespace

void StartConnection(std::shared_ptr<Worker> worker, tcp::socket socket) {
  if (auto& tls = worker->shared->tls) {
    using Tls = beast::ssl_stream<tcp::socket>;
    std::make_shared<Session<Tls>>(std::move(worker), std::move(socket), *tls)->Start();
  } else {
    std::make_shared<Session<tcp::socket>>(std::move(worker), std::move(socket))->Start();
  }
}

}  // namespace feast::http
