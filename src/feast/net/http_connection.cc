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

constexpr std::chrono::milliseconds kLinger{2000};

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
    peer_ = Tcp().socket().remote_endpoint(ignored).address().to_string();
    worker_->Register(this);
  }
  ~Session() override { worker_->Deregister(this); }

  void Start() {
    if constexpr (kTls) {
      Tcp().expires_after(Limits().read_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (!error) self->AwaitRequest();
                              });
    } else {
      AwaitRequest();
    }
  }
  void CloseIfIdle(bool fresh) override {
    error_code error;
    const bool has_request = Tcp().socket().available(error) > 0;
    if (idle_ && !has_request && (fresh || !fresh_)) Close();
  }
  void Close() override { Tcp().close(); }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

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

  beast::tcp_stream& Tcp() { return beast::get_lowest_layer(stream_); }
  const HttpLimits& Limits() const { return worker_->shared->options.limits; }

  void AwaitRequest() {
    if (buffer_.size() > 0) return ReadHeader();
    if (worker_->draining && !fresh_) return Finish();
    idle_ = true;
    Tcp().expires_after(Limits().idle_timeout);
    stream_.async_read_some(buffer_.prepare(8192),
                            [self = this->shared_from_this()](error_code error, size_t bytes) {
                              self->idle_ = false;
                              if (error) return;
                              self->fresh_ = false;
                              self->buffer_.commit(bytes);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->body_limit(Limits().max_body_bytes);
    parser_->header_limit(Limits().max_header_bytes);
    Tcp().expires_after(Limits().read_timeout);
    bhttp::async_read_header(
        stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, size_t) {
          if (error) return self->RefuseBroken(error);
          if (!beast::iequals(self->parser_->get()[bhttp::field::expect], "100-continue")) {
            return self->ReadBody();
          }
          self->Continue();
        });
  }

  void Continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (!error) self->ReadBody();
                      });
  }

  void ReadBody() {
    if (parser_->is_done()) return Dispatch();
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
    if (error == bhttp::error::body_limit) {
      return Refuse(
          413, "Request body is larger than " + std::to_string(Limits().max_body_bytes) + " bytes",
          false);
    }
    if (error == bhttp::error::header_limit) {
      return Refuse(431, "Request header fields are too large", false);
    }
    if (error == beast::error::timeout) return;  // the stream has closed itself
    if (error == bhttp::error::end_of_stream || error == bhttp::error::partial_message) return;
    if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category()) {
      Refuse(400, "Malformed HTTP request: " + error.message(), false);
    }
  }

  void Dispatch() {
    const auto& message = parser_->get();
    const std::string_view target(message.target().data(), message.target().size());
    const size_t question = std::min(target.find('?'), target.size());
    request_ = {{message.method_string().data(), message.method_string().size()},
                target.substr(0, question),
                target.substr(std::min(question + 1, target.size())),
                message.body(),
                peer_,
                {}};
    for (const auto& field : message) {
      request_.headers.emplace_back(
          std::string_view(field.name_string().data(), field.name_string().size()),
          std::string_view(field.value().data(), field.value().size()));
    }
    Tcp().expires_never();
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
    Tcp().expires_after(Limits().write_timeout);
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(stream_, parts,
                      [self = this->shared_from_this(), keep_alive](error_code error, size_t) {
                        if (error) return;
                        if (!keep_alive) return self->Finish();
                        self->AwaitRequest();
                      });
  }

  /// Says goodbye, then reads until the client has too: an early close would cut off the answer.
  void Finish() {
    Tcp().expires_after(kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->Discard(); });
    } else {
      Discard();
    }
  }
  void Discard() {
    error_code ignored;
    Tcp().socket().shutdown(tcp::socket::shutdown_send, ignored);
    DiscardMore();
  }
  void DiscardMore() {
    buffer_.clear();
    Tcp().async_read_some(buffer_.prepare(65536),
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
  bool idle_ = false;
  bool fresh_ = true;  // nothing came in yet
};

}  // namespace

void StartConnection(std::shared_ptr<Worker> worker, tcp::socket socket) {
  if (auto& tls = worker->shared->tls) {
    using Tls = beast::ssl_stream<beast::tcp_stream>;
    std::make_shared<Session<Tls>>(std::move(worker), std::move(socket), *tls)->Start();
  } else {
    std::make_shared<Session<beast::tcp_stream>>(std::move(worker), std::move(socket))->Start();
  }
}

}  // namespace feast::http
