// HTTP load over keep-alive connections: http_load HOST PORT PATH BODIES ANSWERS CONNECTIONS
// SECONDS [RATE]
//
// BODIES has one JSON body a line; line k of ANSWERS is the answer that body k must get, byte for
// byte (made by a client that checked it). Without RATE each connection sends as fast as it is
// answered (load_loop.h). Prints one JSON object.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load_loop.h"

namespace {

std::vector<std::string> Lines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class Connection {
 public:
  Connection(const char* host, const char* port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
    inet_pton(AF_INET, host, &address.sin_addr);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    open_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Whether the answer to `request` is a 200 with exactly that body.
  bool Ask(std::string_view request, std::string_view expected) {
    if (!open_) return false;
    open_ = Send(request);
    std::string_view body;
    open_ = open_ && Receive(&body);
    return open_ && text_.starts_with("HTTP/1.1 200") && body == expected;
  }

 private:
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  bool Receive(std::string_view* body) {
    text_.clear();
    size_t head = std::string::npos, length = 0;
    while (head == std::string::npos || text_.size() < head + length) {
      char chunk[65536];
      const ssize_t got = recv(socket_, chunk, sizeof(chunk), 0);
      if (got <= 0) return false;
      text_.append(chunk, static_cast<size_t>(got));
      if (head != std::string::npos) continue;
      const size_t end = text_.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      head = end + 4;
      const char* field = strcasestr(text_.c_str(), "\r\ncontent-length:");
      if (field == nullptr || field > text_.c_str() + end) return false;
      length = std::strtoull(field + 17, nullptr, 10);
    }
    *body = std::string_view(text_).substr(head, length);
    return true;
  }

  int socket_;
  bool open_ = false;
  std::string text_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr,
                 "usage: http_load HOST PORT PATH BODIES ANSWERS CONNECTIONS SECONDS [RATE]\n");
    return 2;
  }
  std::vector<std::string> requests = Lines(argv[4]);
  const std::vector<std::string> answers = Lines(argv[5]);
  if (requests.empty() || requests.size() != answers.size()) {
    std::fprintf(stderr, "http_load: as many answers as bodies, please\n");
    return 2;
  }
  for (std::string& body : requests) {
    std::string head = "POST ";
    head.append(argv[3]).append(" HTTP/1.1\r\nHost: ").append(argv[1]);
    head.append("\r\nContent-Type: application/json\r\nContent-Length: ");
    head.append(std::to_string(body.size())).append("\r\n\r\n");
    body.insert(0, head);
  }
  return feast::RunLoad(feast::ReadLoadOptions(argc, argv, 6), [&](size_t) {
    return [&, connection = std::make_unique<Connection>(argv[1], argv[2])](uint64_t number) {
      const size_t which = number % requests.size();
      return connection->Ask(requests[which], answers[which]);
    };
  });
}
