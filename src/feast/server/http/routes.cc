#include "feast/server/http/routes.h"

#include <array>

namespace feast {
namespace {

constexpr std::array kRoutes = {
    HttpRoute{"/get-online-features", "POST", HandleGetOnlineFeatures, /*counts_itself=*/true},
    HttpRoute{"/push", "POST", HandlePush},
    HttpRoute{"/write-to-online-store", "POST", HandleWriteToOnlineStore},
    HttpRoute{"/materialize", "POST", HandleMaterialize},
    HttpRoute{"/materialize-incremental", "POST", HandleMaterializeIncremental},
    HttpRoute{"/health", "GET", HandleHealth},
    HttpRoute{"/metrics", "GET", HandleMetrics},
    HttpRoute{"/openapi.json", "GET", HandleOpenApi},
    HttpRoute{"/docs", "GET", HandleDocs},
    HttpRoute{"/redoc", "GET", HandleDocs},
};

}  // namespace

std::span<const HttpRoute> HttpRoutes() { return kRoutes; }

void RouteHttp(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond) {
  for (const HttpRoute& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.handle(backend, request, std::move(respond));
    return respond({405,
                    "application/json",
                    R"({"detail":"Method Not Allowed"})",
                    {{"allow", std::string(route.method)}}});
  }
  respond({404, "application/json", R"({"detail":"Not Found"})", {}});
}

}  // namespace feast
