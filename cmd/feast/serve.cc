#include "feast/app/serve.h"

#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "repository.h"

namespace feast::cmd {
namespace {

struct ServeArguments {
  ServeOptions serve;
  HttpServerOptions http;
  int grpc_port = 0;
  std::string type = "http";
  bool no_access_log = false;
  int worker_connections = 8192;
  int max_requests = 1000;
  int max_requests_jitter = 50;
  int keep_alive_timeout = 30;
  CLI::App* command = nullptr;
};

void WarnOfIdle(const ServeArguments& arguments) {
  for (const char* option : {"--max-requests", "--max-requests-jitter"}) {
    if (arguments.command->count(option) == 0) continue;
    std::cerr << "warning: " << option
              << " has no effect: all requests are served by one process, which is not restarted\n";
  }
}

Status Serve(const GlobalOptions& globals, const ServeArguments& arguments) {
  ServeOptions options = arguments.serve;
  HttpServerOptions http = arguments.http;
  options.access_log = !arguments.no_access_log;
  http.limits.idle_timeout = std::chrono::seconds(arguments.keep_alive_timeout);
  http.limits.max_connections = arguments.worker_connections;
  if (http.key.empty() != http.cert.empty()) {
    return Status::InvalidArgument(
        "Please pass --cert and --key args to start the feature server in TLS mode.");
  }
  WarnOfIdle(arguments);
  if (arguments.command->count("--grpc-port") > 0) {
    const bool is_ipv6 = http.host.find(':') != std::string::npos;
    GrpcServerOptions grpc;
    grpc.address =
        (is_ipv6 ? "[" + http.host + "]" : http.host) + ":" + std::to_string(arguments.grpc_port);
    grpc.key = http.key;
    grpc.cert = http.cert;
    options.grpc = grpc;
  }
  options.http = http;
  options.batch_command = BatchCommand(globals);
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals, StoreUse::kServing));
  return feast::Serve(*store, std::move(options));
}

Status ServeJobs(const GlobalOptions& globals) {
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  return ServeBatchJobs(*store);
}

}  // namespace

void AddServe(CommandLine& line) {
  const auto arguments = std::make_shared<ServeArguments>();
  ServeArguments& a = *arguments;
  HttpServerOptions& http = a.http;
  CLI::App* command = line.Add("serve", "Serve online features over HTTP.");
  a.command = command;
  command->add_option("-h,--host", http.host, "Address to listen on");
  command->add_option("-p,--port", http.port, "Port to listen on");
  command->add_option("--grpc-port", a.grpc_port,
                      "Serve gRPC on this port as well, as feast listen does");
  command->add_option("-t,--type", a.type, "http")->check(CLI::IsMember({"http"}));
  command->add_flag("--no-access-log", a.no_access_log, "Do not log requests");
  command->add_option("-w,--workers", http.workers,
                      "Threads that take requests; -1: two a core and one more");
  command
      ->add_option("--worker-connections", a.worker_connections,
                   "Connections that a thread holds; more wait")
      ->check(CLI::PositiveNumber);
  command->add_option("--max-requests", a.max_requests, "No effect: nothing needs a restart");
  command->add_option("--max-requests-jitter", a.max_requests_jitter, "No effect");
  command
      ->add_option("--keep-alive-timeout", a.keep_alive_timeout,
                   "Seconds that an idle connection is kept")
      ->check(CLI::PositiveNumber);
  command->add_option("-r,--registry_ttl_sec", a.serve.registry_ttl_seconds,
                      "Seconds between refreshes of the registry");
  command->add_option("-k,--key", http.key, "TLS key file");
  command->add_option("-c,--cert", http.cert, "TLS certificate file");
  command->add_flag("-m,--metrics", a.serve.metrics, "Serve Prometheus metrics on port 8000");
  line.Run(command, [&line, arguments] { return Serve(line.globals(), *arguments); });

  CLI::App* jobs = line.Add("batch-jobs", "For feast serve: run the jobs that it sends.");
  jobs->group("");  // not in the list of commands
  line.Run(jobs, [&line] { return ServeJobs(line.globals()); });
}

}  // namespace feast::cmd
