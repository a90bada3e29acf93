#include "feast/net/http_worker_internal.h"

namespace feast::http {

namespace ssl = boost::asio::ssl;

Result<std::optional<ssl::context>> LoadTls(const HttpListenOptions& options) {
  std::optional<ssl::context> tls;
  if (options.key_file.empty() && options.cert_file.empty()) return tls;
  if (options.key_file.empty() || options.cert_file.empty()) {
    return Status::InvalidArgument("TLS needs both a key and a certificate, got only a " +
                                   std::string(options.key_file.empty() ? "certificate" : "key"));
  }
  tls.emplace(ssl::context::tls_server);
  tls->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                   ssl::context::no_tlsv1_1);
  boost::system::error_code error;
  tls->use_certificate_chain_file(options.cert_file, error);
  if (error) {
    return Status::InvalidArgument("TLS certificate cannot be used: " + error.message() + ": " +
                                   options.cert_file);
  }
  tls->use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error) {
    return Status::InvalidArgument("TLS key cannot be used: " + error.message() + ": " +
                                   options.key_file);
  }
  return tls;
}

}  // namespace feast::http
