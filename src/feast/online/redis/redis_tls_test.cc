#include <gtest/gtest.h>

#include "feast/net/test_certificate.h"
#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

/// A certificate for 127.0.0.1 that signs itself, and its key, as two files.
class Certificate {
 public:
  explicit Certificate(const std::string& stem) : key(stem + ".key"), cert(stem + ".pem") {
    WriteSelfSigned("test", key, cert, /*loopback=*/true);
  }

  const std::string key;
  const std::string cert;
};

TEST(RedisTls, ServersAndClientsShowCertificates) {
  const TestFolder folder;
  const Certificate ours(folder.path() / "ours");
  const Certificate other(folder.path() / "other");
  const uint16_t tls_port = FreePort();
  RedisServer server({"--tls-port", std::to_string(tls_port), "--tls-cert-file", ours.cert,
                      "--tls-key-file", ours.key, "--tls-ca-cert-file", ours.cert});
  const std::string address = "127.0.0.1:" + std::to_string(tls_port);
  const auto read = [&](const std::string& more) {
    const auto store = OpenRedisAt(address + ",ssl=true" + more);
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return (*store)->ReadAndWait({}, {{online_conformance::MakeTable(), {"a"}, {"k"}}}).status();
  };
  const std::string client = ",ssl_certfile=" + ours.cert + ",ssl_keyfile=" + ours.key;
  const std::string trust = ",ssl_ca_certs=" + ours.cert;
  const Status good = read(client + trust);
  EXPECT_TRUE(good.ok()) << good.ToString();
  const Status unverified = read(client + ",ssl_cert_reqs=none");
  EXPECT_TRUE(unverified.ok()) << unverified.ToString();
  const Status newest = read(client + trust + ",ssl_min_version=772");
  EXPECT_TRUE(newest.ok()) << newest.ToString();
  const Status untrusted = read(client + ",ssl_ca_certs=" + other.cert);
  EXPECT_EQ(untrusted.code(), StatusCode::kUnavailable);
  EXPECT_NE(untrusted.message().find(address), std::string::npos) << untrusted.message();
  EXPECT_EQ(read(trust).code(), StatusCode::kUnavailable) << "no client certificate";
  EXPECT_EQ(read(trust + ",ssl_certfile=" + other.cert + ",ssl_keyfile=" + other.key).code(),
            StatusCode::kUnavailable);
  const Status absent = read(",ssl_ca_certs=/no/such/file.pem");
  EXPECT_EQ(absent.kind(), ErrorKind::kFeastConfigError);
  EXPECT_NE(absent.message().find("ssl_ca_certs"), std::string::npos) << absent.message();
  EXPECT_NE(absent.message().find("/no/such/file.pem"), std::string::npos) << absent.message();
}

}  // namespace
}  // namespace feast
