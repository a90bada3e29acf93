#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"

namespace feast {

struct RedisEndpoint {
  std::string host;
  uint16_t port = 6379;

  /// "host:port"; an IPv6 address in brackets.
  std::string ToString() const;
  bool operator==(const RedisEndpoint&) const = default;
};

/// How connections are encrypted; the names are those of the connection string without `ssl_`.
struct RedisTls {
  bool enabled = false;
  bool verify = true;          ///< cert_reqs is not "none"
  bool check_hostname = true;  ///< only when certificates are verified
  std::string key_file;
  std::string cert_file;
  std::string key_password;
  std::string ca_file;
  std::string ca_folder;
  std::string ca_data;
  std::string ciphers;
  int min_version = 0;  ///< 771: TLS 1.2, 772: TLS 1.3; 0: the library's own
};

/// `connection_string` of feature_store.yaml: "host:port,host:port,password=…,ssl=true,db=0".
struct RedisConnectionOptions {
  std::vector<RedisEndpoint> nodes;
  std::string unix_socket_path;  ///< goes before `nodes`
  int64_t db = 0;
  std::string username;
  std::string password;
  bool has_password = false;
  std::string client_name;
  int64_t protocol = 2;
  bool read_from_replicas = false;  ///< of a cluster: by turns, beside the primary
  double connect_seconds = 5;       ///< socket_connect_timeout
  double silence_seconds = 10;      ///< socket_timeout: how long a server may owe an answer
  RedisTls tls;
};

/// Reads upstream's grammar: elements between commas; one with '=' is an argument of the Python
/// client, any other a node; values may be JSON. Arguments that have no meaning here are accepted
/// and ignored; unknown ones are InvalidArgument. No error tells a value of a secret.
Result<RedisConnectionOptions> ParseConnectionString(std::string_view text);

}  // namespace feast
