#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

/// A certificate for 127.0.0.1 that signs itself, and its key, as two files.
class Certificate {
 public:
  explicit Certificate(const std::string& stem) : key(stem + ".key"), cert(stem + ".pem") {
    EVP_PKEY* pair = EVP_RSA_gen(2048);
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, pair);
    X509_NAME* name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    X509_EXTENSION* address =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(made, address, -1);
    X509_EXTENSION_free(address);
    X509_sign(made, pair, EVP_sha256());
    FILE* file = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(cert.c_str(), "w");
    PEM_write_X509(file, made);
    std::fclose(file);
    X509_free(made);
    EVP_PKEY_free(pair);
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
