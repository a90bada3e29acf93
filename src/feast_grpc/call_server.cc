#include "feast_grpc/call_server.h"

#include <grpc/support/log.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "feast_grpc/call_parts_internal.h"

namespace feast {
namespace {

std::string ServiceOf(std::string_view path) {
  return std::string(path.substr(1, path.rfind('/') - 1));
}

Result<std::string> ReadFile(const char* what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file && !text.empty()) return text;
  return Status::InvalidArgument(std::string("TLS ") + what + " cannot be read: " + path);
}

Result<std::shared_ptr<grpc::ServerCredentials>> Credentials(const RpcListenOptions& options) {
  if (options.key_file.empty() && options.cert_file.empty()) {
    return grpc::InsecureServerCredentials();
  }
  if (options.key_file.empty() || options.cert_file.empty()) {
    return Status::InvalidArgument("TLS needs both a key and a certificate, got only a " +
                                   std::string(options.key_file.empty() ? "certificate" : "key"));
  }
  grpc::SslServerCredentialsOptions tls;
  FEAST_ASSIGN_OR_RETURN(std::string key, ReadFile("key", options.key_file));
  FEAST_ASSIGN_OR_RETURN(std::string cert, ReadFile("certificate", options.cert_file));
  tls.pem_key_cert_pairs.push_back({std::move(key), std::move(cert)});
  return grpc::SslServerCredentials(tls);
}

thread_local std::string* last_error = nullptr;

/// What the library says goes into our errors, and not to stderr: it would write a line for each
/// handshake that a stranger breaks off. GRPC_VERBOSITY brings its lines back.
void KeepError(gpr_log_func_args* args) {
  if (last_error && args->severity == GPR_LOG_SEVERITY_ERROR) *last_error = args->message;
}

/// Collects the library's errors on this thread.
class ErrorCollector {
 public:
  ErrorCollector() {
    static const bool kSilenced = [] {
      if (!std::getenv("GRPC_VERBOSITY")) gpr_set_log_function(KeepError);
      return true;
    }();
    (void)kSilenced;
    last_error = &text_;
  }
  ~ErrorCollector() { last_error = nullptr; }
  ErrorCollector(const ErrorCollector&) = delete;
  ErrorCollector& operator=(const ErrorCollector&) = delete;

  /// What the system said, else the beginning of the library's last message.
  std::string Reason() const {
    constexpr std::string_view kSystem = "os_error:\"";
    const size_t at = text_.find(kSystem);
    if (at == text_.npos) return text_.substr(0, text_.find('{'));
    const size_t begin = at + kSystem.size();
    return text_.substr(begin, text_.find('"', begin) - begin);
  }

 private:
  std::string text_;
};

class CallServer final : public RpcServer {
 public:
  CallServer(const RpcListenOptions& options, std::vector<RpcMethod> methods) {
    shared_.options = options;
    shared_.methods = std::move(methods);
    std::set<std::string, std::less<>> services = {"grpc.health.v1.Health"};
    for (const RpcMethod& method : shared_.methods) services.insert(ServiceOf(method.path));
    shared_.health = std::make_unique<rpc::Health>(std::move(services), shared_.streams);
    service_ = rpc::MakeService(shared_);
  }
  ~CallServer() override {
    Stop();
    Wait();
  }

  Status Listen() {
    const RpcListenOptions& options = shared_.options;
    FEAST_ASSIGN_OR_RETURN(const auto credentials, Credentials(options));
    const ErrorCollector errors;
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken port is an error
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(std::min<int64_t>(options.limits.max_message_bytes, INT_MAX)));
    builder.AddListeningPort(options.address, credentials, &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    if (server_ && port_ != 0) return Status::OK();
    return Status::Unavailable("cannot listen: " + errors.Reason() + ": " + options.address);
  }

  int port() const override { return port_; }
  void SetServing(bool serving) override {
    const std::lock_guard lock(mutex_);
    if (!stopping_.joinable()) shared_.health->SetServing(serving);
  }

  void Stop() override {
    const std::lock_guard lock(mutex_);
    if (!server_ || stopping_.joinable()) return;
    shared_.health->SetServing(false);
    shared_.streams.EndAll();
    // Shutdown refuses new calls at once, and blocks until the others are answered.
    const auto deadline = std::chrono::system_clock::now() + shared_.options.limits.drain_timeout;
    stopping_ = std::thread([this, deadline] { server_->Shutdown(deadline); });
  }

  void Wait() override {
    if (!server_) return;
    server_->Wait();
    const std::lock_guard lock(mutex_);
    if (stopping_.joinable()) stopping_.join();
  }

 private:
  rpc::Shared shared_;
  std::unique_ptr<grpc::Service> service_;
  int port_ = 0;
  std::mutex mutex_;
  std::thread stopping_;                  // guarded by mutex_
  std::unique_ptr<grpc::Server> server_;  // last: its calls use the rest
};

}  // namespace

Result<std::unique_ptr<RpcServer>> StartCallServer(const RpcListenOptions& options,
                                                   std::vector<RpcMethod> methods) {
  auto server = std::make_unique<CallServer>(options, std::move(methods));
  FEAST_RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<RpcServer>(std::move(server));
}

}  // namespace feast
