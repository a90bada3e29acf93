#include <memory>

#include "command_line_internal.h"
#include "repository.h"

#include "feast/server/http/serve_http.h"

namespace feast::cmd {
namespace {

struct ServeArguments {
  HttpServerOptions server;
  std::string type = "http";
  bool no_access_log = false;
  bool metrics = false;
  int worker_connections = 1000;
  int max_requests = 1000;
  int max_requests_jitter = 50;
  int keep_alive_timeout = 30;
};

Status Serve(const GlobalOptions& globals, const ServeArguments& arguments) {
  HttpServerOptions options = arguments.server;
  options.access_log = !arguments.no_access_log;
  options.limits.idle_timeout = std::chrono::seconds(arguments.keep_alive_timeout);
  if (options.key.empty() != options.cert.empty()) {
    return Status::InvalidArgument(
        "Please pass --cert and --key args to start the feature server in TLS mode.");
  }
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  HttpServerDeps deps{.retriever = store->retriever(),
                      .ingest = store->ingest(),
                      .registry = store->registry(),
                      .authorizer = store->authorizer(),
                      .materialize =
                          [&store](const CallContext& context, const MaterializeRequest& request) {
                            return store->ingest().Materialize(context, request, {});
                          },
                      .project = store->config().project};
  return ServeHttp(options, std::move(deps));
}

}  // namespace

void AddServe(CommandLine& line) {
  const auto arguments = std::make_shared<ServeArguments>();
  ServeArguments& a = *arguments;
  CLI::App* command = line.Add("serve", "Serve online features over HTTP.");
  command->add_option("-h,--host", a.server.host, "Address to listen on");
  command->add_option("-p,--port", a.server.port, "Port to listen on");
  command->add_option("-t,--type", a.type, "http")->check(CLI::IsMember({"http"}));
  command->add_flag("--no-access-log", a.no_access_log, "Do not log requests");
  command->add_option("-w,--workers", a.server.workers, "Threads; -1: two a core and one more");
  command->add_option("--worker-connections", a.worker_connections, "Accepted, not needed");
  command->add_option("--max-requests", a.max_requests, "Accepted, not needed");
  command->add_option("--max-requests-jitter", a.max_requests_jitter, "Accepted, not needed");
  command->add_option("--keep-alive-timeout", a.keep_alive_timeout, "Seconds");
  command->add_option("-r,--registry_ttl_sec", a.server.registry_ttl_seconds,
                      "Seconds between refreshes of the registry");
  command->add_option("-k,--key", a.server.key, "TLS key file");
  command->add_option("-c,--cert", a.server.cert, "TLS certificate file");
  command->add_flag("-m,--metrics", a.metrics, "Accepted; /metrics is always there");
  line.Run(command, [&line, arguments] { return Serve(line.globals(), *arguments); });
}

}  // namespace feast::cmd
