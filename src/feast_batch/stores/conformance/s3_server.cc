#include "feast_batch/stores/conformance/s3_server.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "feast/base/server_process.h"

namespace feast {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// The head and body of one message; false at the connection's end. `buffer` keeps what follows.
bool Receive(int socket, bool is_head, std::string* buffer, std::string* head, std::string* body) {
  const auto more = [&] {
    std::string chunk(1 << 16, '\0');
    const ssize_t count = recv(socket, chunk.data(), chunk.size(), 0);
    if (count > 0) buffer->append(chunk, 0, static_cast<size_t>(count));
    return count > 0;
  };
  const auto take = [&](size_t size, std::string* out) {
    while (buffer->size() < size) {
      if (!more()) return false;
    }
    *out = buffer->substr(0, size);
    buffer->erase(0, size);
    return true;
  };
  // Up to that mark, which is taken too.
  const auto take_until = [&](const char* mark, std::string* out) {
    size_t end;
    while ((end = buffer->find(mark)) == std::string::npos) {
      if (!more()) return false;
    }
    return take(end + std::strlen(mark), out);
  };
  if (!take_until("\r\n\r\n", head)) return false;
  head->resize(head->size() - 2);
  std::string small = *head;
  std::transform(small.begin(), small.end(), small.begin(), ::tolower);
  if (small.find("\r\nexpect: 100-continue") != std::string::npos) {
    SendAll(socket, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  const size_t at = small.find("\r\ncontent-length:");
  const size_t size = at == std::string::npos || is_head ? 0 : std::stoul(small.substr(at + 17));
  if (small.find("\r\ntransfer-encoding: chunked") == std::string::npos) return take(size, body);
  body->clear();
  for (std::string line, data;;) {
    if (!take_until("\r\n", &line)) return false;
    const size_t chunk = std::stoul(line, nullptr, 16);
    if (chunk == 0) break;
    if (!take(chunk + 2, &data)) return false;
    body->append(data, 0, chunk);
  }
  for (std::string trailer = "x\r\n"; trailer != "\r\n";) {
    if (!take_until("\r\n", &trailer)) return false;
  }
  return true;
}

S3Request Parsed(const std::string& head, std::string body) {
  S3Request request;
  const size_t first = head.find(' '), second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  request.body = std::move(body);
  for (size_t at = head.find("\r\n") + 2; at < head.size();) {
    const size_t end = head.find("\r\n", at), colon = head.find(':', at);
    if (colon >= end) break;
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    const size_t value = head.find_first_not_of(' ', colon + 1);
    request.headers[name] = head.substr(value, end - value);
    at = end + 2;
  }
  return request;
}

std::vector<std::string> Between(const std::string& text, const std::string& open,
                                 const std::string& close) {
  std::vector<std::string> out;
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    out.push_back(text.substr(at, text.find(close, at) - at));
  }
  return out;
}

}  // namespace

S3Answer Ask(uint16_t port, const S3Request& request) {
  S3Answer answer;
  answer.status = 0;
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = Loopback(port);
  std::string buffer, head;
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      SendAll(connection, request.method + " " + request.target +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 "
                              "Credential=test/20240101/us-east-1/s3/aws4_request\r\n"
                              "Connection: close\r\nContent-Length: " +
                              std::to_string(request.body.size()) + "\r\n\r\n" + request.body) &&
      Receive(connection, request.method == "HEAD", &buffer, &head, &answer.body)) {
    answer.status = std::stoi(head.substr(head.find(' ') + 1));
  }
  close(connection);
  return answer;
}

void SetS3Credentials() {
  setenv("AWS_ACCESS_KEY_ID", "test", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-tests", 1);
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

S3Server::S3Server() : port_(FreePort()) {
  process_ = ServerProcess::Start({"sh", "-c",
                                   "exec " FEAST_TEST_PYTHON " -m moto.server -H 127.0.0.1 -p " +
                                       std::to_string(port_) + " >/dev/null 2>&1"},
                                  [this] {
                                    return Ask(port_, {"GET", "/moto-api/", {}, ""}).status == 200;
                                  });
}

S3Server::~S3Server() = default;

void S3Server::MakeBucket(const std::string& bucket) const {
  EXPECT_EQ(Ask(port_, {"PUT", "/" + bucket, {}, ""}).status, 200);
}

void S3Server::Put(const std::string& bucket_and_key, const std::string& bytes) const {
  EXPECT_EQ(Ask(port_, {"PUT", "/" + bucket_and_key, {}, bytes}).status, 200);
}

std::vector<std::string> S3Server::Keys(const std::string& bucket) const {
  auto keys =
      Between(Ask(port_, {"GET", "/" + bucket + "?list-type=2", {}, ""}).body, "<Key>", "</Key>");
  std::erase_if(keys, [](const std::string& key) { return key.ends_with('/'); });
  std::sort(keys.begin(), keys.end());
  return keys;
}

size_t S3Server::OpenUploads(const std::string& bucket) const {
  return Between(Ask(port_, {"GET", "/" + bucket + "?uploads", {}, ""}).body, "<Upload>",
                 "</Upload>")
      .size();
}

ScriptedS3::ScriptedS3(Script script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = Loopback(0);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener_, 64), 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedS3::~ScriptedS3() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
  for (auto& server : servers_) server.join();
  for (const int connection : connections_) close(connection);
}

std::vector<S3Request> ScriptedS3::Asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void ScriptedS3::Accept() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    connections_.push_back(connection);
    servers_.emplace_back([this, connection] { Serve(connection); });
  }
}

void ScriptedS3::Serve(int connection) {
  std::string buffer, head, body;
  while (Receive(connection, false, &buffer, &head, &body)) {
    const auto request = Parsed(head, std::move(body));
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request);
    }
    const auto answer = script_(request);
    if (answer.silent && !answer.cut) continue;
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\n";
    for (const auto& [name, value] : answer.headers) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
    if (!answer.headers.contains("Content-Length")) {
      text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    }
    text += "\r\n";
    if (request.method != "HEAD") text += answer.body.substr(0, answer.cut.value_or(-1));
    if (!SendAll(connection, text)) return;
    if (answer.cut && !answer.silent) {
      const linger now{1, 0};
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
      shutdown(connection, SHUT_RDWR);
      return;
    }
  }
}

S3Answer ScriptedS3::Object(const S3Request& request, const std::string& bytes) {
  S3Answer answer;
  answer.headers = {{"ETag", "\"1\""}, {"Last-Modified", "Wed, 01 May 2024 00:00:00 GMT"}};
  if (request.method == "HEAD") {
    answer.headers["Content-Length"] = std::to_string(bytes.size());
    return answer;
  }
  const auto range = request.headers.find("range");
  if (range == request.headers.end()) {
    answer.body = bytes;
    return answer;
  }
  const size_t first = std::stoul(range->second.substr(range->second.find('=') + 1));
  const size_t last =
      std::min(std::stoul(range->second.substr(range->second.find('-') + 1)), bytes.size() - 1);
  answer.status = 206;
  answer.body = bytes.substr(first, last - first + 1);
  answer.headers["Content-Range"] = "bytes " + std::to_string(first) + "-" + std::to_string(last) +
                                    "/" + std::to_string(bytes.size());
  return answer;
}

}  // namespace feast
