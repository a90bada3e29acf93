#pragma once
/// S3 services on a loopback port, for test files only.
#include <arrow/type_fwd.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace feast {

class ServerProcess;

/// What an HTTP client says, and hears.
struct S3Request {
  std::string method;
  std::string target;  ///< path and query
  std::map<std::string, std::string> headers;
  std::string body;
};
struct S3Answer {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
  /// Only so many bytes of the body are sent; then the connection is reset, or nothing more comes.
  std::optional<size_t> cut = std::nullopt;
  bool silent = false;
};

/// One request on a connection of its own.
S3Answer Ask(uint16_t port, const S3Request& request);

/// Credentials for whatever this process asks next.
void SetS3Credentials();

/// moto, an S3 that somebody else wrote, as a child process. Thread-compatible.
class S3Server {
 public:
  S3Server();
  ~S3Server();
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void MakeBucket(const std::string& bucket) const;
  void Put(const std::string& bucket_and_key, const std::string& bytes) const;
  /// The keys of a bucket, sorted, without the empty objects that stand for folders.
  std::vector<std::string> Keys(const std::string& bucket) const;
  /// Uploads that are neither finished nor aborted.
  size_t OpenUploads(const std::string& bucket) const;

 private:
  const uint16_t port_;
  std::unique_ptr<ServerProcess> process_;
};

/// A service that answers what a test says, and keeps what it was asked. Thread-safe.
class ScriptedS3 {
 public:
  using Script = std::function<S3Answer(const S3Request&)>;
  explicit ScriptedS3(Script script);
  ~ScriptedS3();
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<S3Request> Asked() const;

  /// What S3 says to HEAD and GET (of a range) of an object with these bytes.
  static S3Answer Object(const S3Request& request, const std::string& bytes);

 private:
  void Accept();
  void Serve(int connection);

  const Script script_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<S3Request> asked_;
  std::vector<int> connections_;
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

}  // namespace feast
