#pragma once
/// A real Redis Cluster, for test files only.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "feast/online/redis/redis_slot.h"
#include "feast/online/redis/redis_test_server.h"

namespace feast {

/// Three primaries that share the slots evenly (servers 0 to 2), and a replica of each (3 to 5) or
/// none. Thread-compatible.
class RedisTestCluster {
 public:
  static constexpr size_t kPrimaries = 3;

  struct Setup {
    size_t replicas = kPrimaries;
    std::vector<std::string> arguments{};  ///< of every server
    std::vector<std::string> login{};      ///< the words of AUTH, if servers want them
    bool tls = false;                      ///< every server has a port with TLS, too
  };

  explicit RedisTestCluster(Setup setup) : setup_(std::move(setup)) {
    std::set<uint16_t> taken;
    const auto port = [&] {
      uint16_t free = FreePort();
      while (!taken.insert(free).second) free = FreePort();
      return free;
    };
    for (size_t i = 0; i < kPrimaries + setup_.replicas; ++i) {
      ports_.push_back({port(), port(), setup_.tls ? port() : uint16_t{0}});
    }
    for (size_t i = 0; i < ports_.size(); ++i) {
      std::ofstream(ConfigFile(i)) << NodesAsSeenBy(i);
      servers_.push_back(std::make_unique<RedisServer>(Arguments(i), ports_[i].plain));
    }
    EXPECT_TRUE(IsWell()) << "the cluster did not form";
  }

  size_t size() const { return servers_.size(); }
  RedisServer& server(size_t i) { return *servers_[i]; }
  /// The port that the store is to use.
  uint16_t PortOf(size_t i) const { return setup_.tls ? ports_[i].tls : ports_[i].plain; }
  std::string AddressOf(size_t i) const { return "127.0.0.1:" + std::to_string(PortOf(i)); }
  std::string addresses() const { return AddressOf(0) + "," + AddressOf(1); }

  RedisReply Ask(size_t i, const std::vector<std::string>& command) const {
    PlainRedisClient client(servers_[i]->port());
    if (!setup_.login.empty()) {
      std::vector<std::string> login = {"AUTH"};
      login.insert(login.end(), setup_.login.begin(), setup_.login.end());
      client.Call(login);
    }
    return client.Call(command);
  }
  std::string Id(size_t i) const { return Ask(i, {"CLUSTER", "MYID"}).text; }
  bool IsPrimary(size_t i) const {
    return Ask(i, {"CLUSTER", "NODES"}).text.find("myself,master") != std::string::npos;
  }
  /// Who serves a key, as the first server that is up sees it; size() if nobody does.
  size_t OwnerOf(const std::string& key) const {
    size_t owner = size();
    for (size_t i = 0; i < size() && owner == size(); ++i) {
      owner = OwnerAsSeenBy(i, RedisSlotOf(key));
    }
    return owner;
  }
  size_t OwnerAsSeenBy(size_t i, uint16_t slot) const {
    const RedisReply slots = Ask(i, {"CLUSTER", "SLOTS"});
    for (const RedisReply& range : slots.items) {
      if (slot < range.items[0].number || slot > range.items[1].number) continue;
      for (size_t owner = 0; owner < size(); ++owner) {
        if (PortOf(owner) == range.items[2].items[1].number) return owner;
      }
    }
    return size();
  }

  void ForEach(const std::vector<std::string>& command) const {
    for (size_t i = 0; i < size(); ++i) Ask(i, command);
  }
  /// How long a server may be silent before the others think it gone. It also sets how soon they
  /// hear of one another.
  void SetPatience(int milliseconds) const {
    ForEach({"CONFIG", "SET", "cluster-node-timeout", std::to_string(milliseconds)});
  }
  static constexpr int kPatient = 15000;

  /// Removes all keys.
  void Empty() const {
    for (size_t i = 0; i < size(); ++i) {
      if (IsPrimary(i)) Ask(i, {"FLUSHALL"});
    }
  }
  int64_t Keys() const {
    int64_t keys = 0;
    for (size_t i = 0; i < size(); ++i) {
      if (IsPrimary(i)) keys += Ask(i, {"DBSIZE"}).number;
    }
    return keys;
  }
  /// The number after `name` in a section of INFO, 0 if it is not there.
  int64_t Info(size_t i, const std::string& section, const std::string& name) const {
    const std::string text = Ask(i, {"INFO", section}).text;
    const size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::atoll(text.c_str() + at + name.size());
  }

  /// Waits until all servers agree that all is well; they hear of one another faster meanwhile.
  bool IsWell() const {
    SetPatience(2000);
    const bool is_well = Eventually([&] {
      for (size_t i = 0; i < size(); ++i) {
        if (Ask(i, {"CLUSTER", "INFO"}).text.find("cluster_state:ok") == std::string::npos ||
            Ask(i, {"INFO", "replication"}).text.find("link_status:down") != std::string::npos) {
          return false;
        }
      }
      return AllKnowAll() && ReplicasAreListed();
    });
    SetPatience(kPatient);
    return is_well;
  }
  /// Makes a server the primary of its shard: by decree, or, if `how` is empty, with the consent of
  /// the others, who give it once in half a minute.
  void Promote(size_t i, const std::string& how = "TAKEOVER") const {
    std::vector<std::string> command = {"CLUSTER", "FAILOVER"};
    if (!how.empty()) command.push_back(how);
    // Asked again it would begin again, and the others have given their consent: so only when it
    // has been given up, which takes 5 s.
    for (int tries = 0; tries < 3 && !IsPrimary(i); ++tries) {
      Eventually([&] { return IsPrimary(i) || Ask(i, command).text == "OK"; });
      Eventually([&] { return IsPrimary(i); }, std::chrono::seconds(8));
    }
    EXPECT_TRUE(IsPrimary(i)) << i;
  }
  /// As a test may begin: no keys, the first three servers are the primaries.
  void Reset() const {
    for (size_t i = 0; i < kPrimaries; ++i) Promote(i);
    Empty();
  }
  /// Starts a server as on its first day, as a cluster of its own.
  void StartEmpty(size_t i) {
    std::filesystem::remove(ConfigFile(i));
    servers_[i]->Start();
  }
  /// Makes such a one a replica in the cluster.
  void Rejoin(size_t i, size_t primary) {
    for (size_t other = 0; other < size(); ++other) {
      if (other != i) Ask(other, {"CLUSTER", "FORGET", FirstId(i)});
    }
    Ask(primary,
        {"CLUSTER", "MEET", "127.0.0.1", std::to_string(PortOf(i)), std::to_string(ports_[i].bus)});
    EXPECT_TRUE(Eventually([&] {
      return Ask(i, {"CLUSTER", "REPLICATE", Id(primary)}).text == "OK";
    }));
  }

  // Moves of a slot, step by step.
  void Open(uint16_t slot, size_t from, size_t to) const {
    Ask(to, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", Id(from)});
    Ask(from, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", Id(to)});
  }
  void MoveKeys(const std::vector<std::string>& keys, size_t from, size_t to) const {
    std::vector<std::string> command = {
        "MIGRATE", "127.0.0.1", std::to_string(servers_[to]->port()), "", "0", "5000", "KEYS"};
    command.insert(command.end(), keys.begin(), keys.end());
    const RedisReply reply = Ask(from, command);
    EXPECT_FALSE(reply.is_error()) << reply.text;
  }
  std::vector<std::string> KeysIn(uint16_t slot, size_t server) const {
    std::vector<std::string> keys;
    for (const RedisReply& key :
         Ask(server, {"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "1000"}).items) {
      keys.push_back(key.text);
    }
    return keys;
  }
  void Close(uint16_t slot, size_t from, size_t to) const {
    const std::vector<std::string> command = {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE",
                                              Id(to)};
    std::vector<size_t> order = {to, from};
    for (size_t i = 0; i < size(); ++i) {
      if (i != to && i != from && IsPrimary(i)) order.push_back(i);
    }
    // What a server heard a moment ago may undo it.
    EXPECT_TRUE(Eventually([&] {
      for (const size_t i : order) Ask(i, command);
      return std::ranges::all_of(order, [&](size_t i) { return OwnerAsSeenBy(i, slot) == to; });
    }));
  }
  void MoveSlot(uint16_t slot, size_t from, size_t to) const {
    Open(slot, from, to);
    const auto keys = KeysIn(slot, from);
    if (!keys.empty()) MoveKeys(keys, from, to);
    Close(slot, from, to);
  }

 private:
  struct Ports {
    uint16_t plain;
    uint16_t bus;
    uint16_t tls;
  };

  std::string ConfigFile(size_t i) const {
    return folder_.path() / ("nodes" + std::to_string(i) + ".conf");
  }

  std::vector<std::string> Arguments(size_t i) const {
    std::vector<std::string> arguments = {"--databases",
                                          "1",
                                          "--cluster-enabled",
                                          "yes",
                                          "--cluster-config-file",
                                          ConfigFile(i),
                                          "--cluster-port",
                                          std::to_string(ports_[i].bus),
                                          "--cluster-node-timeout",
                                          "1000",
                                          "--cluster-replica-validity-factor",
                                          "0",
                                          "--repl-diskless-sync-delay",
                                          "0",
                                          "--repl-ping-replica-period",
                                          "1"};
    if (setup_.tls) {
      arguments.insert(arguments.end(), {"--tls-port", std::to_string(ports_[i].tls)});
    }
    arguments.insert(arguments.end(), setup_.arguments.begin(), setup_.arguments.end());
    return arguments;
  }

  // Until it forgets all.
  static std::string FirstId(size_t i) { return std::string(40, static_cast<char>('a' + i)); }

  // What a server would have written down had it met the others, which takes seconds.
  std::string NodesAsSeenBy(size_t self) const {
    std::string nodes;
    for (size_t i = 0; i < ports_.size(); ++i) {
      const size_t shard = i % kPrimaries;
      nodes += FirstId(i) + " 127.0.0.1:" + std::to_string(PortOf(i)) + "@" +
               std::to_string(ports_[i].bus) + (i == self ? " myself," : " ") +
               (i < kPrimaries ? "master -" : "slave " + FirstId(shard)) + " 0 0 " +
               std::to_string(shard + 1) + " connected";
      if (i < kPrimaries) {
        nodes += " " + std::to_string(kRedisSlots * i / kPrimaries) + "-" +
                 std::to_string(kRedisSlots * (i + 1) / kPrimaries - 1);
      }
      nodes += "\n";
    }
    return nodes + "vars currentEpoch 3 lastVoteEpoch 0\n";
  }

  bool AllKnowAll() const {
    for (size_t i = 0; i < size(); ++i) {
      const std::string nodes = Ask(i, {"CLUSTER", "NODES"}).text;
      const auto lines = static_cast<size_t>(std::count(nodes.begin(), nodes.end(), '\n'));
      if (lines != size() || nodes.find("handshake") != std::string::npos ||
          nodes.find("fail") != std::string::npos) {
        return false;
      }
    }
    return true;
  }
  bool ReplicasAreListed() const {
    for (size_t i = 0; i < size(); ++i) {
      size_t listed = 0;
      std::set<std::string> primaries;
      for (const RedisReply& range : Ask(i, {"CLUSTER", "SLOTS"}).items) {
        if (range.items.size() < 3) return false;
        if (!primaries.insert(range.items[2].items[2].text).second) continue;
        listed += range.items.size() - 3;
      }
      if (listed != setup_.replicas) return false;
    }
    return true;
  }

  const Setup setup_;
  const TestFolder folder_;
  std::vector<Ports> ports_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
};

/// A store over a cluster; `more` goes on with the connection string.
inline std::unique_ptr<OnlineStore> OpenCluster(const RedisTestCluster& cluster,
                                                const std::string& more = "",
                                                std::vector<Setting::Entry> options = {}) {
  options.push_back({"redis_type", Setting::Scalar("redis_cluster")});
  options.push_back({"connection_string", Setting::Scalar(cluster.addresses() + more)});
  auto store = OpenRedis(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  return store.ok() ? *std::move(store) : nullptr;
}

}  // namespace feast
