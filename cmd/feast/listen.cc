#include <memory>

#include "command_line_internal.h"
#include "repository.h"

#include "feast/app/serve.h"

namespace feast::cmd {
namespace {

struct ListenArguments {
  ServeOptions serve;
  GrpcServerOptions grpc;
  bool no_access_log = false;
};

Status Listen(const GlobalOptions& globals, const ListenArguments& arguments) {
  ServeOptions options = arguments.serve;
  options.grpc = arguments.grpc;
  options.access_log = !arguments.no_access_log;
  options.batch_command = BatchCommand(globals);
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals, StoreUse::kServing));
  return Serve(*store, std::move(options));
}

}  // namespace

void AddListen(CommandLine& line) {
  const auto arguments = std::make_shared<ListenArguments>();
  ListenArguments& a = *arguments;
  a.serve.registry_ttl_seconds = 5;
  a.serve.write_threads = 10;
  CLI::App* command = line.Add("listen", "Serve online features over gRPC.");
  command->add_option("-a,--address", a.grpc.address, "Address and port to listen on");
  command
      ->add_option("-w,--max_workers", a.serve.write_threads,
                   "Threads that write rows; reads need none")
      ->check(CLI::PositiveNumber);
  command->add_option("-r,--registry_ttl_sec", a.serve.registry_ttl_seconds,
                      "Seconds between refreshes of the registry");
  command->add_option("-k,--key", a.grpc.key, "TLS key file");
  command->add_option("-c,--cert", a.grpc.cert, "TLS certificate file");
  command->add_flag("-m,--metrics", a.serve.metrics, "Serve Prometheus metrics on port 8000");
  command->add_flag("--no-access-log", a.no_access_log, "Do not log calls");
  line.Run(command, [&line, arguments] { return Listen(line.globals(), *arguments); });
}

}  // namespace feast::cmd
