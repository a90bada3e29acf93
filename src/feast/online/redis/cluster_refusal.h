#pragma once
#include <cstdint>
#include <string_view>

#include "feast/online/redis/connection_string.h"

namespace feast {

/// Why a server of a cluster did not run a command, when it may be run all the same.
struct ClusterRefusal {
  enum class Kind {
    kNone,   ///< an error of the command's own
    kMoved,  ///< the slot belongs to `to` from now on
    kAsk,    ///< the key, if there is one, is at `to` already: there, after ASKING, and once
    kLater,  ///< a passing state: TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN
  };
  Kind kind = Kind::kNone;
  uint16_t slot = 0;
  RedisEndpoint to;
};

/// Reads an error reply of the server at `asked`, whose host a redirection without one means.
ClusterRefusal ReadRefusal(std::string_view error, const RedisEndpoint& asked);

}  // namespace feast
