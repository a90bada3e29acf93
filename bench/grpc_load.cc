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

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "load_loop.h"

namespace {

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

int Load(int argc, char** argv) {
  const RpcMethod method(argv[2], RpcMethod::NORMAL_RPC);
  const std::vector<std::string> requests = Messages(argv[3]);
  const bool checked = std::strcmp(argv[4], "-") != 0;
  const std::vector<std::string> answers = checked ? Messages(argv[4]) : requests;
  if (requests.empty() || requests.size() != answers.size()) {
    std::fprintf(stderr, "grpc_load: as many answers as requests, please\n");
    return 2;
  }
  return feast::RunLoad(feast::ReadLoadOptions(argc, argv, 5), [&](size_t connection) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("connection", static_cast<int>(connection));  // a channel of its own
    const auto channel =
        grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments);
    return [&, channel](uint64_t number) {
      const size_t which = number % requests.size();
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
      ByteBuffer answer;
      const grpc::Status status = grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
          channel.get(), method, &context, Buffer(requests[which]), &answer);
      return status.ok() && (!checked || Equal(answer, answers[which]));
    };
  });
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
