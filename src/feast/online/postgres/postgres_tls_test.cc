#include <gtest/gtest.h>

#include "feast/net/test_certificate.h"
#include "feast/online/postgres/test_store.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;

/// A server that speaks TLS as `localhost`, takes `sealed` by TLS only, and `certified` only with a
/// certificate of that name.
class PostgresTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = TestPostgres::Make();
    ASSERT_NE(server, nullptr);
    TestSql(*server).Query(
        "CREATE ROLE sealed LOGIN SUPERUSER; CREATE ROLE certified LOGIN SUPERUSER");
    server->Stop();
    for (const char* name : {"localhost", "certified", "stranger"}) {
      WriteSelfSigned(name, File(name, "key"), File(name, "pem"));
      std::filesystem::permissions(File(name, "key"), std::filesystem::perms::owner_read);
    }
    if (geteuid() == 0) {
      ASSERT_EQ(chown(File("localhost", "key").c_str(),
                      getpwnam(TestPostgres::User().c_str())->pw_uid, 0),
                0);
    }
    server->AddRule("hostssl all certified 127.0.0.1/32 cert");
    server->AddRule("hostnossl all sealed 127.0.0.1/32 reject");
    server->options = {"-c", "ssl=on",
                       "-c", "ssl_cert_file=" + File("localhost", "pem"),
                       "-c", "ssl_key_file=" + File("localhost", "key"),
                       "-c", "ssl_ca_file=" + File("certified", "pem")};
    ASSERT_TRUE(server->Start());
  }
  static void TearDownTestSuite() { server.reset(); }

  static std::string File(const std::string& name, const std::string& suffix) {
    return (server->folder() / (name + "." + suffix)).string();
  }

  /// Creates a table: a round trip as this user, and what came of it.
  static Status Try(const std::string& user,
                    const std::vector<std::pair<std::string, std::string>>& more) {
    std::vector<Setting::Entry> settings = {{"user", Setting::Scalar(user)}};
    for (const auto& [key, value] : more) settings.push_back({key, Setting::Scalar(value)});
    return OpenStore(*server, "public", std::move(settings))
        ->UpdateInfrastructure({}, {{MakeTable()}, {}});
  }
  static void ExpectRefused(const Status& status, const std::string& text) {
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
    EXPECT_NE(status.message().find(std::to_string(server->port())), std::string::npos);
  }

  static inline std::unique_ptr<TestPostgres> server;
};

TEST_F(PostgresTls, ModesAreLibpqs) {
  Status status = Try("sealed", {{"sslmode", "require"}});
  EXPECT_TRUE(status.ok()) << status.ToString();
  ExpectRefused(Try("sealed", {{"sslmode", "disable"}}), "sealed");
  status = Try("sealed", {{"host", "localhost"},
                          {"sslmode", "verify-full"},
                          {"sslrootcert_path", File("localhost", "pem")}});
  EXPECT_TRUE(status.ok()) << status.ToString();
  // Relative to the repository, which is this server's folder.
  status = Try("sealed", {{"sslmode", "verify-ca"}, {"sslrootcert_path", "localhost.pem"}});
  EXPECT_TRUE(status.ok()) << status.ToString();
  ExpectRefused(Try("sealed", {{"sslmode", "verify-full"}, {"sslrootcert_path", "localhost.pem"}}),
                "does not match");
  ExpectRefused(Try("sealed", {{"sslmode", "verify-ca"}, {"sslrootcert_path", "stranger.pem"}}),
                "certificate verify failed");
}

TEST_F(PostgresTls, CertificatesOfClients) {
  const Status status = Try("certified", {{"sslmode", "require"},
                                          {"sslcert_path", "certified.pem"},
                                          {"sslkey_path", "certified.key"}});
  EXPECT_TRUE(status.ok()) << status.ToString();
  ExpectRefused(Try("certified", {{"sslmode", "require"}}), "certificate");
}

TEST_F(PostgresTls, LongAnswersComeWhole) {
  const auto table = MakeTable("long");
  const auto store =
      OpenStore(*server, "public",
                {{"user", Setting::Scalar("sealed")}, {"sslmode", Setting::Scalar("require")}});
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{table}, {}}).ok());
  // Of every length around a record of TLS and a buffer of libpq.
  std::vector<online_conformance::Row> rows;
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) {
    const size_t size = static_cast<size_t>(i) * 331;
    std::string value = "\x0a";
    for (size_t rest = size;; rest >>= 7) {
      value += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      if (rest <= 0x7f) break;
    }
    value.append(size, static_cast<char>(i));
    keys.push_back("key" + std::to_string(i));
    rows.push_back({keys.back(), 1, {value, ""}});
  }
  const Status written = store->WriteAndWait({}, MakeBatch(table, rows));
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto all = store->ReadAndWait({}, {{table, {"a"}, keys}});
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ((*all)[0].cells[i].value, rows[i].values[0]) << i;
    const auto one = store->ReadAndWait({}, {{table, {"a"}, {keys[i]}}});
    ASSERT_TRUE(one.ok()) << one.status().ToString();
    EXPECT_EQ((*one)[0].cells[0].value, rows[i].values[0]) << i;
  }
}

}  // namespace
}  // namespace feast
