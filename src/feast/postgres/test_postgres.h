#pragma once
/// A PostgreSQL server for tests, and plain SQL on it.
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "feast/base/server_process.h"
#include "feast/config/settings.h"
#include "feast/postgres/libpq_internal.h"

namespace feast {

/// A cluster in a folder of its own, on a free loopback port. The user `feast` owns it; `locked`
/// needs the password `s3cret`. Thread-compatible.
class TestPostgres {
 public:
  static constexpr char kUser[] = "feast";

  /// Null, with a test failure, when it cannot be made.
  static std::unique_ptr<TestPostgres> Make() {
    auto server = std::unique_ptr<TestPostgres>(new TestPostgres());
    return server->Create() ? std::move(server) : nullptr;
  }

  /// The one that the tests of this process share: made by the first who asks.
  static TestPostgres& Shared() {
    static const std::unique_ptr<TestPostgres> kServer = Make();
    if (kServer == nullptr) std::abort();
    return *kServer;
  }

  ~TestPostgres() { Stop(); }

  int port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Whether it is up.
  bool Start() {
    std::vector<std::string> command = {Program("postgres"),          "-D", data(),      "-p",
                                        std::to_string(port_),        "-k", folder(),    "-c",
                                        "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
                                        "timezone=America/New_York"};
    command.insert(command.end(), options.begin(), options.end());
    process_ = ServerProcess::Start(AsUser(command), [this] { return StatusLine() == "ready"; });
    return process_ != nullptr;
  }
  /// At once, as after a crash of the host; connections are cut.
  void Stop() {
    if (process_ == nullptr) return;
    process_->End(SIGQUIT);
    process_.reset();
    std::filesystem::remove(data() / "postmaster.pid");
  }

  /// Settings of a store on it, in `schema`; `more` as YAML scalars, instead of those here.
  Setting Settings(const std::string& schema, std::vector<Setting::Entry> more = {}) const {
    std::vector<Setting::Entry> entries = {
        {"host", Setting::Scalar("127.0.0.1")},    {"port", Setting::Scalar(std::to_string(port_))},
        {"database", Setting::Scalar("postgres")}, {"db_schema", Setting::Scalar(schema)},
        {"user", Setting::Scalar(kUser)},          {"password", Setting::Scalar("x")},
        {"sslmode", Setting::Scalar("disable")}};
    for (Setting::Entry& entry : more) {
      std::erase_if(entries, [&](const auto& old) { return old.key == entry.key; });
      entries.push_back(std::move(entry));
    }
    return Setting::Map(std::move(entries));
  }

  /// Who may come in, before all other rules; counts from the next Start.
  void AddRule(const std::string& rule) {
    std::stringstream old;
    old << std::ifstream(data() / "pg_hba.conf").rdbuf();
    std::ofstream(data() / "pg_hba.conf") << rule << "\n" << old.str();
  }

  std::vector<std::string> options;  ///< of the next Start

  std::filesystem::path data() const { return folder() / "data"; }
  /// It runs as this user when it is started by root, as whom it would refuse to.
  static std::string User() { return getpwnam("postgres") != nullptr ? "postgres" : "nobody"; }

 private:
  TestPostgres() = default;

  static std::string Program(const std::string& name) {
    for (const char* release : {"17", "16", "15"}) {
      std::string file = std::string("/usr/lib/postgresql/") + release + "/bin/" + name;
      if (access(file.c_str(), X_OK) == 0) return file;
    }
    return name;
  }

  /// What they say goes to a file.
  std::vector<std::string> AsUser(const std::vector<std::string>& command) const {
    std::vector<std::string> all;
    if (geteuid() == 0) {
      all = {"/usr/bin/setpriv", "--reuid=" + User(), "--regid=nogroup", "--clear-groups"};
    }
    all.insert(all.end(), {"/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", folder() / "log"});
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }

  std::string StatusLine() const {
    std::ifstream file(data() / "postmaster.pid");
    std::string line;
    for (int i = 0; i < 8; ++i) std::getline(file, line);
    return line.substr(0, line.find(' '));
  }

  bool Create() {
    if (geteuid() == 0 && chown(folder().c_str(), getpwnam(User().c_str())->pw_uid, 0) != 0) {
      ADD_FAILURE() << "cannot give away " << folder();
      return false;
    }
    auto made =
        ChildProcess::Start(AsUser({Program("initdb"), "-D", data(), "-U", kUser, "--auth=trust",
                                    "-E", "UTF8", "--no-locale", "--no-sync"}));
    const bool ended = made.ok() && Eventually([&] { return !(*made)->Running(); });
    const std::string end = ended ? (*made)->End() : "did not end";
    if (end != "ended with exit code 0") {
      std::stringstream log;
      log << std::ifstream(folder() / "log").rdbuf();
      ADD_FAILURE() << "initdb (package postgresql) " << end << ": " << log.str();
      return false;
    }
    AddRule("host all locked 127.0.0.1/32 scram-sha-256");
    return Start();
  }

  const TestFolder folder_;
  const int port_ = FreePort();
  std::unique_ptr<ServerProcess> process_;
};

/// A connection of its own, for what a test sees and does beside the store. Blocking.
class TestSql {
 public:
  explicit TestSql(const TestPostgres& server) : libpq_(**Libpq::Load()) {
    const std::string port = std::to_string(server.port());
    const char* names[] = {"host", "port", "dbname", "user", "sslmode", nullptr};
    const char* values[] = {"127.0.0.1",         port.c_str(), "postgres",
                            TestPostgres::kUser, "disable",    nullptr};
    connection_ = libpq_.PQconnectdbParams(names, values, 0);
    EXPECT_EQ(libpq_.PQstatus(connection_), CONNECTION_OK) << libpq_.PQerrorMessage(connection_);
  }
  ~TestSql() { libpq_.PQfinish(connection_); }
  TestSql(const TestSql&) = delete;
  TestSql& operator=(const TestSql&) = delete;

  /// Rows, columns joined by `|`, nulls as NULL.
  std::vector<std::string> Query(const std::string& sql) {
    PGresult* const result = libpq_.PQexec(connection_, sql.c_str());
    const auto status = libpq_.PQresultStatus(result);
    EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        << libpq_.PQerrorMessage(connection_) << " in " << sql;
    std::vector<std::string> rows;
    for (int row = 0; row < libpq_.PQntuples(result); ++row) {
      std::string text;
      for (int column = 0; column < libpq_.PQnfields(result); ++column) {
        const bool null = libpq_.PQgetisnull(result, row, column) != 0;
        text += (column == 0 ? "" : "|") +
                std::string(null ? "NULL" : libpq_.PQgetvalue(result, row, column));
      }
      rows.push_back(std::move(text));
    }
    libpq_.PQclear(result);
    return rows;
  }

 private:
  const Libpq& libpq_;
  PGconn* connection_ = nullptr;
};

}  // namespace feast
