// HTTP load over keep-alive connections: http_load HOST PORT PATH BODIES ANSWERS CONNECTIONS
// SECONDS [RATE]
//
// BODIES has one JSON body a line; line k of ANSWERS is the answer that body k must get, byte for
// byte (made by a client that checked it). Without RATE each connection sends as fast as it is
// answered; with RATE request k is due at k / RATE, and the latency of an overdue request counts
// from its due time. One thread a connection. Prints one JSON object.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

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

struct Plan {
  const char* host;
  const char* port;
  std::vector<std::string> requests;
  std::vector<std::string> answers;
  double rate = 0;  // 0: closed loop
  Clock::time_point start, end;
};

/// Latencies in seconds of one connection; counts wrong answers.
std::vector<double> Run(const Plan& plan, std::atomic<uint64_t>* next, std::atomic<uint64_t>* bad) {
  Connection connection(plan.host, plan.port);
  std::vector<double> latencies;
  while (true) {
    const uint64_t number = (*next)++;
    Clock::time_point from = Clock::now();
    if (plan.rate > 0) {
      const auto due = plan.start + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(double(number) / plan.rate));
      if (due >= plan.end) break;
      if (due > from) {
        std::this_thread::sleep_until(due);
        from = Clock::now();
      } else {
        from = due;
      }
    } else if (from >= plan.end) {
      break;
    }
    const size_t which = number % plan.requests.size();
    if (!connection.Ask(plan.requests[which], plan.answers[which])) ++*bad;
    latencies.push_back(std::chrono::duration<double>(Clock::now() - from).count());
  }
  return latencies;
}

double Percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(double(sorted.size()) * share))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr,
                 "usage: http_load HOST PORT PATH BODIES ANSWERS CONNECTIONS SECONDS [RATE]\n");
    return 2;
  }
  Plan plan{argv[1], argv[2], Lines(argv[4]), Lines(argv[5]), 0, {}, {}};
  if (plan.requests.empty() || plan.requests.size() != plan.answers.size()) {
    std::fprintf(stderr, "http_load: as many answers as bodies, please\n");
    return 2;
  }
  for (std::string& body : plan.requests) {
    std::string head = "POST ";
    head.append(argv[3]).append(" HTTP/1.1\r\nHost: ").append(argv[1]);
    head.append("\r\nContent-Type: application/json\r\nContent-Length: ");
    head.append(std::to_string(body.size())).append("\r\n\r\n");
    body.insert(0, head);
  }
  if (argc > 8) plan.rate = std::atof(argv[8]);
  plan.start = Clock::now();
  plan.end = plan.start + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(std::atof(argv[7])));
  std::atomic<uint64_t> next{0}, bad{0};
  std::vector<std::vector<double>> parts(std::strtoull(argv[6], nullptr, 10));
  std::vector<std::thread> threads;
  threads.reserve(parts.size());
  for (auto& part : parts) {
    threads.emplace_back([&plan, &next, &bad, &part] { part = Run(plan, &next, &bad); });
  }
  for (auto& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - plan.start).count();
  std::vector<double> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  if (all.empty()) return 1;
  std::sort(all.begin(), all.end());
  std::printf(
      "{\"requests\": %zu, \"wrong\": %llu, \"per_second\": %.1f, \"p50_ms\": %.3f, "
      "\"p99_ms\": %.3f}\n",
      all.size(), static_cast<unsigned long long>(bad.load()), double(all.size()) / took,
      Percentile(all, 0.5) * 1e3, Percentile(all, 0.99) * 1e3);
  return bad == 0 ? 0 : 1;
}
