#pragma once
#include <span>
#include <string_view>

#include "feast/server/http/handlers.h"

namespace feast {

/// One line of the table of requests.
struct HttpRoute {
  std::string_view path;
  std::string_view method;
  HttpEndpoint handle;
  bool counts_itself = false;  ///< knows labels of its metrics that the others lack
};

/// Every request that the server knows.
std::span<const HttpRoute> HttpRoutes();

/// Hands the request to its handler; 404 for an unknown path, 405 with Allow for a wrong method.
void RouteHttp(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);

}  // namespace feast
