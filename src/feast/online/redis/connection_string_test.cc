#include "feast/online/redis/connection_string.h"

#include <gtest/gtest.h>

#include "feast/online/redis/redis_test_server.h"

namespace feast {
namespace {

RedisConnectionOptions Good(std::string_view text) {
  auto options = ParseConnectionString(text);
  EXPECT_TRUE(options.ok()) << options.status().ToString();
  return options.ok() ? *std::move(options) : RedisConnectionOptions();
}

TEST(ConnectionString, ReadsNodes) {
  EXPECT_EQ(Good("localhost:6379").nodes, (std::vector<RedisEndpoint>{{"localhost", 6379}}));
  EXPECT_EQ(Good("a:1,db=2,b:3:ignored,c").nodes,
            (std::vector<RedisEndpoint>{{"a", 1}, {"b", 3}, {"c", 6379}}));
  EXPECT_TRUE(Good("a:1,b:2,read_from_replicas=true").read_from_replicas);
  EXPECT_FALSE(Good("a:1,b:2").read_from_replicas);
  EXPECT_EQ(Good("[::1]:7").nodes[0].ToString(), "[::1]:7");
  EXPECT_TRUE(Good("unix_socket_path=/run/redis.sock").nodes.empty());
}

TEST(ConnectionString, ReadsArguments) {
  const auto options = Good(
      "h:1,username=app,password=a=b,db=3,ssl=true,ssl_cert_reqs=none,ssl_ca_certs=/ca.pem,"
      "ssl_keyfile=/k.pem,ssl_certfile=/c.pem,ssl_check_hostname=False,ssl_min_version=772,"
      "socket_timeout=0.5,socket_connect_timeout=2,protocol=3,client_name=feast,"
      "skip_full_coverage_check=true,health_check_interval=30,retry_on_timeout=true");
  EXPECT_EQ(options.username, "app");
  EXPECT_EQ(options.password, "a=b");
  EXPECT_EQ(options.db, 3);
  EXPECT_TRUE(options.tls.enabled);
  EXPECT_FALSE(options.tls.verify);
  EXPECT_FALSE(options.tls.check_hostname);
  EXPECT_EQ(options.tls.ca_file, "/ca.pem");
  EXPECT_EQ(options.tls.key_file, "/k.pem");
  EXPECT_EQ(options.tls.cert_file, "/c.pem");
  EXPECT_EQ(options.tls.min_version, 772);
  EXPECT_EQ(options.silence_seconds, 0.5);
  EXPECT_EQ(options.connect_seconds, 2);
  EXPECT_EQ(options.protocol, 3);
  EXPECT_EQ(options.client_name, "feast");
}

TEST(ConnectionString, ValuesMayBeJson) {
  EXPECT_EQ(Good("h:1,password=\"quo\\\"ted\"").password, "quo\"ted");
  EXPECT_EQ(Good("h:1,password=1234").password, "1234");
  EXPECT_EQ(Good("h:1,password=12e5").password, "12e5");
  EXPECT_FALSE(Good("h:1,password=null").has_password);
  EXPECT_FALSE(Good("h:1,ssl=false").tls.enabled);
  EXPECT_TRUE(Good("h:1,ssl=True").tls.enabled);
}

TEST(ConnectionString, ErrorsNameTheArgumentButNoSecret) {
  const auto message = [](std::string_view text) {
    const Status status = ParseConnectionString(text).status();
    EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError);
    return status.message();
  };
  EXPECT_NE(message("h:1,pasword=secret").find("unknown argument 'pasword'; known are:"),
            std::string::npos);
  EXPECT_EQ(message("h:1,pasword=secret").find("secret"), std::string::npos);
  EXPECT_EQ(message("h:1,db=-1"),
            "connection_string: db must be a whole number from 0 to 2147483647");
  EXPECT_EQ(message("h:1,ssl=perhaps"), "connection_string: ssl must be true or false");
  EXPECT_EQ(message("h:66000"), "connection_string: expected host:port, got 'h:66000'");
  EXPECT_NE(message("db=1").find("names no server"), std::string::npos);
  EXPECT_NE(message("h:1,protocol=4").find("from 2 to 3"), std::string::npos);
  EXPECT_NE(message("h:1,socket_timeout=0").find("positive"), std::string::npos);
}

TEST(RedisOptions, ErrorsNameTheKey) {
  const auto message = [](std::vector<Setting::Entry> options) {
    const auto store = OpenRedis(std::move(options));
    EXPECT_EQ(store.status().kind(), ErrorKind::kFeastConfigError);
    return store.status().message();
  };
  EXPECT_NE(message({{"redis_type", Setting::Scalar("redis_ring")}}).find("redis_cluster"),
            std::string::npos);
  const auto cluster = [&](const std::string& connection_string) {
    return message({{"redis_type", Setting::Scalar("redis_cluster")},
                    {"connection_string", Setting::Scalar(connection_string)}});
  };
  EXPECT_NE(cluster("h:1,db=3")
                .find("online_store.connection_string: a cluster has no database "
                      "but db=0, got db=3"),
            std::string::npos);
  EXPECT_NE(cluster("h:1,unix_socket_path=/s").find("not reached by unix_socket_path"),
            std::string::npos);
  EXPECT_NE(message({{"connection_string", Setting::Scalar("h:1,read_from_replicas=true")}})
                .find("read_from_replicas is for redis_type: redis_cluster"),
            std::string::npos);
  EXPECT_NE(message({{"key_ttl_seconds", Setting::Scalar("-1")}}).find("key_ttl_seconds"),
            std::string::npos);
  EXPECT_NE(message({{"connection_string", Setting::Scalar("h:x")}})
                .find("online_store.connection_string: expected host:port"),
            std::string::npos);
  EXPECT_NE(message({{"ttl", Setting::Scalar("1")}}).find("ttl"), std::string::npos);
}

}  // namespace
}  // namespace feast
