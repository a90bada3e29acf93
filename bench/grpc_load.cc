// gRPC load, closed loop or at a rate, and the same calls answered by nobody's code:
//
//   grpc_load ADDRESS METHOD REQUESTS ANSWERS CONNECTIONS SECONDS [RATE]
//   grpc_load --serve METHOD ANSWERS        (a no-op server; prints its port)
//
// REQUESTS and ANSWERS are files of messages, each after its length in four bytes, little-endian.
// Call k sends message k and must get answer k, byte for byte (made by a client that checked it).
// The no-op server answers each call with the next of ANSWERS: what the library itself costs for
// messages of that size. One thread and one channel a connection; blocking calls. Prints one JSON
// object.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

std::vector<std::string> Messages(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all(std::istreambuf_iterator<char>(file), {});
  std::vector<std::string> messages;
  for (size_t at = 0; at + 4 <= all.size();) {
    uint32_t size = 0;
    std::memcpy(&size, all.data() + at, 4);
    messages.push_back(all.substr(at + 4, size));
    at += 4 + size;
  }
  return messages;
}

ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

bool Equal(const ByteBuffer& buffer, std::string_view expected) {
  std::vector<grpc::Slice> parts;
  if (buffer.Length() != expected.size() || !buffer.Dump(&parts).ok()) return false;
  for (const grpc::Slice& part : parts) {
    if (std::memcmp(part.begin(), expected.data(), part.size()) != 0) return false;
    expected.remove_prefix(part.size());
  }
  return true;
}

/// Answers every call on the library's thread, without looking at it.
class NoOp final : public grpc::Service {
 public:
  NoOp(const char* method, const std::vector<std::string>& answers) {
    AddMethod(new grpc::internal::RpcServiceMethod(method, RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                                 [this, &answers](grpc::CallbackServerContext* context,
                                                  const ByteBuffer*, ByteBuffer* answer) {
                                   *answer = Buffer(answers[next_++ % answers.size()]);
                                   auto* reactor = context->DefaultReactor();
                                   reactor->Finish(grpc::Status::OK);
                                   return reactor;
                                 }));
  }

 private:
  std::atomic<uint64_t> next_{0};
};

int Serve(const char* method, const char* answers_file) {
  const std::vector<std::string> answers = Messages(answers_file);
  NoOp service(method, answers);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server || answers.empty()) return 1;
  std::printf("%d\n", port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}

struct Plan {
  std::string address;
  const char* method;
  std::vector<std::string> requests, answers;
  bool checked = true;
  double rate = 0;  // 0: closed loop
  Clock::time_point start, end;
};

/// Latencies in seconds of one connection; counts wrong answers.
std::vector<double> Run(const Plan& plan, int number_of_connection, std::atomic<uint64_t>* next,
                        std::atomic<uint64_t>* bad) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("connection", number_of_connection);  // a channel of its own
  const auto channel =
      grpc::CreateCustomChannel(plan.address, grpc::InsecureChannelCredentials(), arguments);
  const RpcMethod method(plan.method, RpcMethod::NORMAL_RPC);
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
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    ByteBuffer answer;
    const grpc::Status status = grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
        channel.get(), method, &context, Buffer(plan.requests[which]), &answer);
    if (!status.ok() || (plan.checked && !Equal(answer, plan.answers[which]))) ++*bad;
    latencies.push_back(std::chrono::duration<double>(Clock::now() - from).count());
  }
  return latencies;
}

double Percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(double(sorted.size()) * share))];
}

int Load(int argc, char** argv) {
  Plan plan;
  plan.address = argv[1];
  plan.method = argv[2];
  plan.requests = Messages(argv[3]);
  plan.checked = std::strcmp(argv[4], "-") != 0;
  if (plan.checked) plan.answers = Messages(argv[4]);
  if (plan.requests.empty() || (plan.checked && plan.requests.size() != plan.answers.size())) {
    std::fprintf(stderr, "grpc_load: as many answers as requests, please\n");
    return 2;
  }
  if (argc > 7) plan.rate = std::atof(argv[7]);
  plan.start = Clock::now();
  plan.end = plan.start + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(std::atof(argv[6])));
  std::atomic<uint64_t> next{0}, bad{0};
  std::vector<std::vector<double>> parts(std::strtoull(argv[5], nullptr, 10));
  std::vector<std::thread> threads;
  threads.reserve(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    threads.emplace_back([&, i] { parts[i] = Run(plan, static_cast<int>(i), &next, &bad); });
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

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--serve") == 0) return Serve(argv[2], argv[3]);
  if (argc >= 7) return Load(argc, argv);
  std::fprintf(stderr,
               "usage: grpc_load ADDRESS METHOD REQUESTS ANSWERS|- CONNECTIONS SECONDS [RATE]\n"
               "       grpc_load --serve METHOD ANSWERS\n");
  return 2;
}
