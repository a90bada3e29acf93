#include "feast/online/redis/redis_transport.h"

#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

namespace feast {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using Endpoint = asio::generic::stream_protocol::endpoint;
using TlsStream = asio::ssl::stream<Socket>;

Status Broken(const std::string& peer, const Error& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return Status::Unavailable("Redis at " + peer + " closed the connection");
  }
  return Status::Unavailable("Redis at " + peer + ": " + error.message());
}

Status WrongTls(const std::string& what, const std::string& file, const Error& error) {
  return Status::InvalidArgument(
      "connection_string: " + what + " cannot be used: " + error.message() + ": " + file,
      ErrorKind::kFeastConfigError);
}

Status LoadTrust(const RedisTls& tls, asio::ssl::context* context) {
  Error error;
  context->set_verify_mode(tls.verify ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
  if (!tls.ca_file.empty()) {
    context->load_verify_file(tls.ca_file, error);
    if (error) return WrongTls("ssl_ca_certs", tls.ca_file, error);
  }
  if (!tls.ca_folder.empty()) {
    context->add_verify_path(tls.ca_folder, error);
    if (error) return WrongTls("ssl_ca_path", tls.ca_folder, error);
  }
  if (!tls.ca_data.empty()) {
    context->add_certificate_authority(asio::buffer(tls.ca_data), error);
    if (error) return WrongTls("ssl_ca_data", "(text)", error);
  }
  if (tls.ca_file.empty() && tls.ca_folder.empty() && tls.ca_data.empty()) {
    context->set_default_verify_paths(error);
  }
  return Status::OK();
}

Status LoadTls(const RedisTls& tls, asio::ssl::context* context) {
  FEAST_RETURN_IF_ERROR(LoadTrust(tls, context));
  Error error;
  if (!tls.key_password.empty()) {
    context->set_password_callback([password = tls.key_password](auto...) { return password; },
                                   error);
  }
  if (!tls.cert_file.empty()) {
    context->use_certificate_chain_file(tls.cert_file, error);
    if (error) return WrongTls("ssl_certfile", tls.cert_file, error);
    const std::string& key = tls.key_file.empty() ? tls.cert_file : tls.key_file;
    context->use_private_key_file(key, asio::ssl::context::pem, error);
    if (error) return WrongTls("ssl_keyfile", key, error);
  }
  if (!tls.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context->native_handle(), tls.ciphers.c_str()) != 1) {
    return WrongTls("ssl_ciphers", tls.ciphers, {});
  }
  SSL_CTX_set_min_proto_version(context->native_handle(),
                                tls.min_version != 0 ? tls.min_version : TLS1_2_VERSION);
  return Status::OK();
}

template <typename Stream>
class Transport final : public RedisTransport,
                        public std::enable_shared_from_this<Transport<Stream>> {
 public:
  template <typename... Arguments>
  Transport(asio::io_context& context, RedisEndpoint endpoint, std::string socket_path,
            TransportEvents* events, Arguments&... arguments)
      : stream_(context, arguments...),
        resolver_(context),
        endpoint_(std::move(endpoint)),
        socket_path_(std::move(socket_path)),
        peer_(socket_path_.empty() ? endpoint_.ToString() : socket_path_),
        events_(events) {}

  Stream& stream() { return stream_; }

  void Connect() override {
    if (!socket_path_.empty()) {
      return ConnectTo({Endpoint(asio::local::stream_protocol::endpoint(socket_path_))});
    }
    resolver_.async_resolve(
        endpoint_.host, std::to_string(endpoint_.port),
        [self = this->shared_from_this()](const Error& error, const auto& found) {
          if (self->events_ == nullptr) return;
          if (error) return self->CannotConnect(error);
          std::vector<Endpoint> endpoints;
          for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
          self->ConnectTo(std::move(endpoints));
        });
  }

  void Read(std::shared_ptr<char[]> owner, char* to, size_t capacity) override {
    reading_ = std::move(owner);
    stream_.async_read_some(asio::buffer(to, capacity),
                            [self = this->shared_from_this()](const Error& error, size_t bytes) {
                              self->reading_.reset();
                              if (self->events_ == nullptr) return;
                              if (error) return self->Break(Broken(self->peer_, error));
                              self->events_->OnRead(bytes);
                            });
  }

  void Write(std::string* bytes) override {
    writing_.clear();
    writing_.swap(*bytes);
    asio::async_write(stream_, asio::buffer(writing_),
                      [self = this->shared_from_this()](const Error& error, size_t) {
                        if (self->events_ == nullptr) return;
                        if (error) return self->Break(Broken(self->peer_, error));
                        self->events_->OnWritten();
                      });
  }

  void Close() override {
    events_ = nullptr;
    Error ignored;
    resolver_.cancel();
    stream_.lowest_layer().close(ignored);
  }

 private:
  static constexpr bool kEncrypted = std::is_same_v<Stream, TlsStream>;

  void Break(Status why) { std::exchange(events_, nullptr)->OnBroken(std::move(why)); }
  void CannotConnect(const Error& error) {
    Break(Status::Unavailable("cannot connect to Redis at " + peer_ + ": " + error.message()));
  }

  void ConnectTo(std::vector<Endpoint> endpoints) {
    auto targets = std::make_shared<std::vector<Endpoint>>(std::move(endpoints));
    asio::async_connect(
        stream_.lowest_layer(), *targets,
        [self = this->shared_from_this(), targets](const Error& error, const auto&) {
          if (self->events_ == nullptr) return;
          if (error) return self->CannotConnect(error);
          self->SetUp();
        });
  }

  void SetUp() {
    Error ignored;
    if (socket_path_.empty()) {
      stream_.lowest_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
      stream_.lowest_layer().set_option(asio::socket_base::keep_alive(true), ignored);
    }
    if constexpr (kEncrypted) {
      stream_.async_handshake(asio::ssl::stream_base::client,
                              [self = this->shared_from_this()](const Error& error) {
                                if (self->events_ == nullptr) return;
                                if (error) return self->CannotConnect(error);
                                self->events_->OnConnected();
                              });
    } else {
      events_->OnConnected();
    }
  }

  Stream stream_;
  asio::ip::tcp::resolver resolver_;
  const RedisEndpoint endpoint_;
  const std::string socket_path_;
  const std::string peer_;
  TransportEvents* events_;
  std::shared_ptr<char[]> reading_;
  std::string writing_;
};

}  // namespace

Result<std::shared_ptr<RedisTransport>> RedisTransport::Make(asio::io_context& context,
                                                             const RedisConnectionOptions& options,
                                                             const RedisEndpoint& endpoint,
                                                             TransportEvents* events) {
  if (!options.tls.enabled || !options.unix_socket_path.empty()) {
    return std::shared_ptr<RedisTransport>(
        std::make_shared<Transport<Socket>>(context, endpoint, options.unix_socket_path, events));
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  FEAST_RETURN_IF_ERROR(LoadTls(options.tls, &tls));
  auto transport =
      std::make_shared<Transport<TlsStream>>(context, endpoint, std::string(), events, tls);
  TlsStream& stream = transport->stream();
  SSL_set_tlsext_host_name(stream.native_handle(), endpoint.host.c_str());
  if (options.tls.verify && options.tls.check_hostname) {
    stream.set_verify_callback(asio::ssl::host_name_verification(endpoint.host));
  }
  return std::shared_ptr<RedisTransport>(std::move(transport));
}

}  // namespace feast
