#include "feast/online/redis/connection_string.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "feast/codec/value_json.h"

namespace feast {
namespace {

Status Wrong(std::string_view key, std::string_view expected) {
  return Status::InvalidArgument(
      "connection_string: " + std::string(key) + " must be " + std::string(expected),
      ErrorKind::kFeastConfigError);
}

// Upstream reads values as JSON; only a quoted string differs from its own text.
std::string Unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::string(value);
  const auto json = ParseJson(value);
  if (!json.ok()) return std::string(value);
  const auto* text = std::get_if<std::string>(&json->data);
  return text ? *text : std::string(value);
}

template <typename Number>
bool ParseAll(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

Status ReadFlag(std::string_view key, std::string_view value, bool* out) {
  std::string word = Unquoted(value);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* yes : {"true", "1", "yes"}) {
    if (word == yes) return *out = true, Status::OK();
  }
  for (const char* no : {"false", "0", "no", "null", "none", ""}) {
    if (word == no) return *out = false, Status::OK();
  }
  return Wrong(key, "true or false");
}

Status ReadInt(std::string_view key, std::string_view value, int64_t least, int64_t most,
               int64_t* out) {
  int64_t number = 0;
  if (!ParseAll(std::string_view(Unquoted(value)), &number) || number < least || number > most) {
    return Wrong(key,
                 "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  *out = number;
  return Status::OK();
}

Status ReadSeconds(std::string_view key, std::string_view value, double* out) {
  if (value == "null") return Status::OK();
  double number = 0;
  if (!ParseAll(std::string_view(Unquoted(value)), &number) || !(number > 0) || number > 1e6) {
    return Wrong(key, "a positive number of seconds");
  }
  *out = number;
  return Status::OK();
}

Status ReadVerification(std::string_view key, std::string_view value, RedisTls* tls) {
  const std::string word = Unquoted(value);
  if (word != "none" && word != "null" && word != "optional" && word != "required") {
    return Wrong(key, "none, optional or required");
  }
  tls->verify = word != "none" && word != "null";
  return Status::OK();
}

// Arguments that tune the Python client, or say what is so here anyway.
constexpr std::string_view kIgnored[] = {"cluster_error_retry_attempts",
                                         "decode_responses",
                                         "dynamic_startup_nodes",
                                         "encoding",
                                         "encoding_errors",
                                         "health_check_interval",
                                         "lib_name",
                                         "lib_version",
                                         "max_connections",
                                         "min_other_sentinels",
                                         "reinitialize_steps",
                                         "require_full_coverage",
                                         "retry_on_timeout",
                                         "single_connection_client",
                                         "skip_full_coverage_check",
                                         "socket_keepalive",
                                         "ssl_validate_ocsp",
                                         "ssl_validate_ocsp_stapled"};

struct Argument {
  std::string_view key;
  std::function<Status(std::string_view key, std::string_view value)> read;
};

std::vector<Argument> ArgumentsInto(RedisConnectionOptions* options) {
  const auto text = [](std::string* out) {
    return [out](std::string_view, std::string_view value) {
      *out = value == "null" ? std::string() : Unquoted(value);
      return Status::OK();
    };
  };
  const auto flag = [](bool* out) {
    return
        [out](std::string_view key, std::string_view value) { return ReadFlag(key, value, out); };
  };
  const auto number = [](int64_t least, int64_t most, int64_t* out) {
    return [=](std::string_view key, std::string_view value) {
      return ReadInt(key, value, least, most, out);
    };
  };
  const auto seconds = [](double* out) {
    return [out](std::string_view key, std::string_view value) {
      return ReadSeconds(key, value, out);
    };
  };
  RedisTls* tls = &options->tls;
  return {
      {"client_name", text(&options->client_name)},
      {"db", number(0, INT32_MAX, &options->db)},
      {"password",
       [options](std::string_view, std::string_view value) {
         options->has_password = value != "null";
         options->password = options->has_password ? Unquoted(value) : std::string();
         return Status::OK();
       }},
      {"protocol", number(2, 3, &options->protocol)},
      {"read_from_replicas", flag(&options->read_from_replicas)},
      {"socket_connect_timeout", seconds(&options->connect_seconds)},
      {"socket_timeout", seconds(&options->silence_seconds)},
      {"ssl", flag(&tls->enabled)},
      {"ssl_ca_certs", text(&tls->ca_file)},
      {"ssl_ca_data", text(&tls->ca_data)},
      {"ssl_ca_path", text(&tls->ca_folder)},
      {"ssl_cert_reqs",
       [tls](std::string_view key, std::string_view value) {
         return ReadVerification(key, value, tls);
       }},
      {"ssl_certfile", text(&tls->cert_file)},
      {"ssl_check_hostname", flag(&tls->check_hostname)},
      {"ssl_ciphers", text(&tls->ciphers)},
      {"ssl_keyfile", text(&tls->key_file)},
      {"ssl_min_version",
       [tls](std::string_view key, std::string_view value) {
         int64_t version = 0;
         FEAST_RETURN_IF_ERROR(ReadInt(key, value, 771, 772, &version));
         tls->min_version = static_cast<int>(version);
         return Status::OK();
       }},
      {"ssl_password", text(&tls->key_password)},
      {"unix_socket_path", text(&options->unix_socket_path)},
      {"username", text(&options->username)},
  };
}

Status ReadArgument(const std::vector<Argument>& known, std::string_view key,
                    std::string_view value) {
  for (const Argument& argument : known) {
    if (argument.key == key) return argument.read(key, value);
  }
  if (std::ranges::find(kIgnored, key) != std::end(kIgnored)) return Status::OK();
  std::string keys;
  for (const Argument& argument : known) {
    keys.append(keys.empty() ? "" : ", ").append(argument.key);
  }
  return Status::InvalidArgument(
      "connection_string: unknown argument '" + std::string(key) + "'; known are: " + keys,
      ErrorKind::kFeastConfigError);
}

Status ReadNode(std::string_view text, RedisEndpoint* node) {
  std::string_view port;
  if (text.starts_with('[') && text.find(']') != std::string_view::npos) {
    const size_t end = text.find(']');
    node->host = text.substr(1, end - 1);
    if (end + 1 < text.size() && text[end + 1] == ':') port = text.substr(end + 2);
  } else {
    const size_t colon = text.find(':');
    node->host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    port = port.substr(0, port.find(':'));
  }
  if (!port.empty() && !ParseAll(port, &node->port)) {
    return Status::InvalidArgument(
        "connection_string: expected host:port, got '" + std::string(text) + "'",
        ErrorKind::kFeastConfigError);
  }
  return Status::OK();
}

}  // namespace

std::string RedisEndpoint::ToString() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<RedisConnectionOptions> ParseConnectionString(std::string_view text) {
  RedisConnectionOptions options;
  const auto known = ArgumentsInto(&options);
  while (!text.empty()) {
    const std::string_view element = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), element.size() + 1));
    const size_t equals = element.find('=');
    if (equals != std::string_view::npos) {
      FEAST_RETURN_IF_ERROR(
          ReadArgument(known, element.substr(0, equals), element.substr(equals + 1)));
    } else if (!element.empty()) {
      FEAST_RETURN_IF_ERROR(ReadNode(element, &options.nodes.emplace_back()));
    }
  }
  if (options.nodes.empty() && options.unix_socket_path.empty()) {
    return Status::InvalidArgument(
        "connection_string: names no server; expected e.g. localhost:6379,db=0",
        ErrorKind::kFeastConfigError);
  }
  return options;
}

}  // namespace feast
