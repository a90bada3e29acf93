// The Redis store without anything above it, beside a bare pipelined loop on the same server.
//
// Usage: redis_store_bench PORT[,PORT…] ENTITIES SECONDS — the server is emptied. Several ports are
// the primaries of a cluster, for which there is no bare loop. Prints one JSON object; exits with 1
// when an answer is wrong.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <future>
#include <random>

#include <boost/asio.hpp>

#include "feast/codec/redis_field.h"
#include "feast/codec/wire_format.h"
#include "feast/config/settings.h"
#include "feast/net/event_loop.h"
#include "feast/online/redis/redis_store.h"
#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/resp_reader.h"

namespace feast::bench {
namespace {

constexpr int kViews = 25;
constexpr int kWidth = 10;
constexpr size_t kRequests = 64;  // of each shape, one after the other
constexpr Micros kTime = 1704164645 * kMicrosPerSecond;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "redis_store_bench: %s\n", why.c_str());
  std::exit(1);
}

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double OurCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A blocking connection that counts replies and keeps none.
class BareClient {
 public:
  explicit BareClient(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Die("no Redis on the port");
    }
  }
  ~BareClient() { close(socket_); }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  // Gives the text of the last scalar.
  std::string Run(const std::string& commands, size_t replies) {
    for (size_t sent = 0; sent < commands.size();) {
      const ssize_t count = send(socket_, commands.data() + sent, commands.size() - sent, 0);
      if (count <= 0) Die("the connection broke");
      sent += static_cast<size_t>(count);
    }
    std::string last;
    RespNesting nesting;
    size_t begin = 0;
    size_t end = 0;
    while (replies > 0) {
      if (buffer_.size() - end < 65536) buffer_.resize(2 * buffer_.size());
      const ssize_t count = recv(socket_, buffer_.data() + end, buffer_.size() - end, 0);
      if (count <= 0) Die("the connection broke");
      end += static_cast<size_t>(count);
      RespToken token;
      size_t size = 0;
      while (replies > 0 && ReadRespToken({buffer_.data() + begin, end - begin}, &token, &size) ==
                                RespOutcome::kToken) {
        if (token.kind == RespToken::Kind::kError) Die(std::string(token.text));
        begin += size;
        if (nesting.Take(token) && --replies == 0) last = token.text;
      }
      if (begin == end) begin = end = 0;
    }
    return last;
  }

 private:
  const int socket_;
  std::string buffer_ = std::string(1 << 20, '\0');
};

class Redis {
 public:
  explicit Redis(const std::vector<int>& ports) {
    std::string info;
    AppendCommand({"INFO", "server"}, &info);
    std::string flush;
    AppendCommand({"FLUSHALL"}, &flush);
    for (const int port : ports) {
      BareClient& server = *servers_.emplace_back(std::make_unique<BareClient>(port));
      const std::string about = server.Run(info, 1);
      pids_.push_back(std::atoi(about.c_str() + about.find("process_id:") + 11));
      server.Run(flush, 1);
      address += (address.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
    }
  }
  bool is_cluster() const { return servers_.size() > 1; }
  BareClient& bare() { return *servers_.front(); }
  // CPU seconds of the servers.
  double Cpu() const {
    double nanoseconds = 0;
    for (const int pid : pids_) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/schedstat");
      double some = 0;
      file >> some;
      nanoseconds += some;
    }
    return nanoseconds * 1e-9;
  }
  std::string address;

 private:
  std::vector<std::unique_ptr<BareClient>> servers_;
  std::vector<int> pids_;
};

std::string KeyOf(int entity) {
  std::string key;
  AppendFixed<uint32_t>(1, &key);
  AppendFixed<uint32_t>(2, &key);
  AppendFixed<uint32_t>(9, &key);
  key += "driver_id";
  AppendFixed<uint32_t>(4, &key);
  AppendFixed<uint32_t>(8, &key);
  AppendFixed<int64_t>(entity, &key);
  return key;
}

// Value bytes: doubles and integers by turns.
std::string ValueOf(int entity, int view, int feature) {
  std::string value;
  if (feature % 2 == 0) {
    AppendTag(5, WireType::kFixed64, &value);
    AppendFixed<double>(entity * 0.5 + view * 100 + feature, &value);
  } else {
    AppendVarintField(4, static_cast<uint64_t>(entity) * 1000 + view * 10 + feature, &value);
  }
  return value;
}

std::shared_ptr<const OnlineTable> TableOf(int view) {
  auto table = std::make_shared<OnlineTable>();
  table->project = "bench";
  table->view = "view_" + std::to_string(view);
  table->join_keys = {"driver_id"};
  for (int i = 0; i < kWidth; ++i) {
    table->features.push_back({"feature_" + std::to_string(i), ValueType::kDouble});
  }
  return table;
}

void Append(EncodedColumn* column, const std::string& bytes) {
  column->bytes += bytes;
  column->ends.push_back(column->bytes.size());
}

std::shared_ptr<const WriteBatch> BatchOf(std::shared_ptr<const OnlineTable> table, int view,
                                          int entities, Micros time) {
  auto batch = std::make_shared<WriteBatch>();
  for (const auto& feature : table->features) {
    batch->features.push_back({feature.name, feature.type, {}, {}});
  }
  batch->table = std::move(table);
  for (int entity = 0; entity < entities; ++entity) {
    Append(&batch->keys, KeyOf(entity));
    for (int i = 0; i < kWidth; ++i) Append(&batch->features[i], ValueOf(entity, view, i));
  }
  batch->event_times.assign(static_cast<size_t>(entities), time);
  batch->created_times.assign(static_cast<size_t>(entities), std::nullopt);
  return batch;
}

struct Cost {
  double count = 0;
  double seconds = 0;
  double ours = 0;
  double redis = 0;
  void Print(const char* name, const char* unit) const {
    std::printf("\"%s\": {\"%s_per_second\": %.0f, \"our_us\": %.2f, \"redis_us\": %.2f}", name,
                unit, count / seconds, ours / count * 1e6, redis / count * 1e6);
  }
};

template <typename Work>
Cost Measure(const Redis& redis, Work work) {
  Cost cost{0, -Now(), -OurCpu(), -redis.Cpu()};
  cost.count = work();
  cost.seconds += Now();
  cost.ours += OurCpu();
  cost.redis += redis.Cpu();
  return cost;
}

// What upstream's client sends: all event times are asked for, then every row is written; both in
// windows of the store's size.
void BareWrites(BareClient& bare, const WriteBatch& batch, bool guarded) {
  constexpr size_t kWindow = 1024;
  const std::string view = batch.table->VersionedView();
  std::vector<std::string> fields;
  for (const auto& feature : batch.features)
    fields.push_back(RedisFeatureField(view, feature.name));
  std::string time;
  for (size_t begin = 0; begin < batch.rows(); begin += kWindow) {
    const size_t end = std::min(batch.rows(), begin + kWindow);
    std::string commands;
    for (size_t row = begin; guarded && row < end; ++row) {
      AppendCommand(
          {"HMGET", std::string(batch.keys.Row(row)) + "bench", RedisTimestampField(view)},
          &commands);
    }
    if (guarded) bare.Run(commands, end - begin);
    commands.clear();
    for (size_t row = begin; row < end; ++row) {
      AppendCommandHead(4 + 2 * fields.size(), &commands);
      AppendArgument("HSET", &commands);
      AppendArgument(std::string(batch.keys.Row(row)) + "bench", &commands);
      AppendArgument(RedisTimestampField(view), &commands);
      time.clear();
      AppendTimestampBytes(batch.event_times[row], &time);
      AppendArgument(time, &commands);
      for (size_t i = 0; i < fields.size(); ++i) {
        AppendArgument(fields[i], &commands);
        AppendArgument(batch.features[i].Row(row), &commands);
      }
    }
    bare.Run(commands, end - begin);
  }
}

std::vector<TableRead> Reads(const std::vector<std::shared_ptr<const OnlineTable>>& tables,
                             int views, const std::vector<int>& entities) {
  std::vector<std::string> keys;
  keys.reserve(entities.size());
  for (const int entity : entities) keys.push_back(KeyOf(entity));
  std::vector<TableRead> reads;
  for (int view = 0; view < views; ++view) {
    TableRead& read = reads.emplace_back();
    read.table = tables[static_cast<size_t>(view)];
    std::vector<std::string> features;
    for (const auto& feature : read.table->features) features.push_back(feature.name);
    read.features = std::move(features);
    read.keys = keys;
  }
  return reads;
}

void Check(const std::vector<TableRows>& rows, const std::vector<int>& entities) {
  for (size_t view = 0; view < rows.size(); ++view) {
    for (size_t row = 0; row < entities.size(); ++row) {
      for (int i = 0; i < kWidth; ++i) {
        const auto& cell = rows[view].cells[row * kWidth + static_cast<size_t>(i)];
        if (!cell.found || cell.value != ValueOf(entities[row], static_cast<int>(view), i)) {
          Die("a wrong answer for entity " + std::to_string(entities[row]));
        }
      }
      if (!rows[view].event_times[row]) Die("a row without its time");
    }
  }
}

// One request after the other on one event loop, as a core of a server has it.
class ReadLoop {
 public:
  ReadLoop(OnlineStore& store, std::vector<std::vector<TableRead>> requests, double seconds)
      : store_(store), requests_(std::move(requests)), end_(Now() + seconds) {}

  double Run(EventLoop& loop) {
    auto done = done_.get_future();
    boost::asio::post(loop.context(), [this] { Next(); });
    done.get();
    return count_;
  }

 private:
  void Next() {
    if (Now() > end_) return done_.set_value();
    store_.Read({}, requests_[static_cast<size_t>(count_) % requests_.size()],
                [this](const Result<std::vector<TableRows>>& rows) {
                  if (!rows.ok()) Die(rows.status().ToString());
                  ++count_;
                  Next();
                });
  }

  OnlineStore& store_;
  const std::vector<std::vector<TableRead>> requests_;
  const double end_;
  double count_ = 0;
  std::promise<void> done_;
};

void MeasureBareReads(Redis& redis, const char* name, const std::vector<std::string>& commands,
                      int rows, double seconds) {
  std::printf(", ");
  Measure(redis, [&] {
    double count = 0;
    for (const double end = Now() + seconds; Now() < end; ++count) {
      redis.bare().Run(commands[static_cast<size_t>(count) % kRequests], static_cast<size_t>(rows));
    }
    return count;
  }).Print(name, "requests");
}

void MeasureReads(Redis& redis, OnlineStore& store,
                  const std::vector<std::shared_ptr<const OnlineTable>>& tables, int entities,
                  double seconds) {
  std::mt19937 random(1);
  for (const auto& [rows, features] :
       {std::pair{1, 50}, {10, 50}, {100, 50}, {1, 250}, {100, 250}}) {
    const int views = features / kWidth;
    std::vector<std::vector<TableRead>> requests;
    std::vector<std::string> bare_fields(kRequests);
    std::vector<std::string> bare_whole(kRequests);
    for (size_t i = 0; i < kRequests; ++i) {
      std::vector<int> ids;
      while (ids.size() < static_cast<size_t>(rows)) {
        ids.push_back(static_cast<int>(random() % static_cast<unsigned>(entities)));
      }
      requests.push_back(Reads(tables, views, ids));
      auto answer = store.ReadAndWait({}, requests.back());
      if (!answer.ok()) Die(answer.status().ToString());
      Check(*answer, ids);
      for (const int id : ids) {
        AppendCommand({"HGETALL", KeyOf(id) + "bench"}, &bare_whole[i]);
        AppendCommandHead(2 + static_cast<size_t>(views) * (kWidth + 1), &bare_fields[i]);
        AppendArgument("HMGET", &bare_fields[i]);
        AppendArgument(KeyOf(id) + "bench", &bare_fields[i]);
        for (int view = 0; view < views; ++view) {
          const std::string name = tables[static_cast<size_t>(view)]->view;
          AppendArgument(RedisTimestampField(name), &bare_fields[i]);
          for (const auto& feature : tables[static_cast<size_t>(view)]->features) {
            AppendArgument(RedisFeatureField(name, feature.name), &bare_fields[i]);
          }
        }
      }
    }
    EventLoopThread thread;
    ReadLoop(store, requests, 0.5).Run(thread.loop());  // connects, learns what the hashes cost
    std::printf(",\n \"%d x %d\": {", rows, features);
    Measure(redis, [&] {
      return ReadLoop(store, requests, seconds).Run(thread.loop());
    }).Print("store", "requests");
    if (!redis.is_cluster()) {
      MeasureBareReads(redis, "bare_hmget", bare_fields, rows, seconds);
      MeasureBareReads(redis, "bare_hgetall", bare_whole, rows, seconds);
    }
    std::printf("}");
  }
}

int Main(const std::vector<int>& ports, int entities, double seconds) {
  Redis redis(ports);
  OnlineStoreEnv env;
  auto store = RedisStoreType().open(
      Setting::Map({{"redis_type", Setting::Scalar(redis.is_cluster() ? "redis_cluster" : "redis")},
                    {"connection_string", Setting::Scalar(redis.address)}}),
      env);
  if (!store.ok()) Die(store.status().ToString());
  std::vector<std::shared_ptr<const OnlineTable>> tables;
  Cost first;
  Cost again;
  Cost guarded;
  Cost plain;
  const auto add = [](Cost* sum, const Cost& cost) {
    sum->count += cost.count;
    sum->seconds += cost.seconds;
    sum->ours += cost.ours;
    sum->redis += cost.redis;
  };
  for (int view = 0; view < kViews; ++view) {
    tables.push_back(TableOf(view));
    const auto write = [&](Micros time) {
      const auto batch = BatchOf(tables.back(), view, entities, time);
      return Measure(redis, [&] {
        const Status status = (*store)->WriteAndWait({}, batch);
        if (!status.ok()) Die(status.ToString());
        return entities;
      });
    };
    add(&first, write(kTime));
    add(&again, write(kTime + 1));
    const auto batch = BatchOf(tables.back(), view, entities, kTime + 2);
    for (const bool is_guarded : {true, false}) {
      if (redis.is_cluster()) break;
      add(is_guarded ? &guarded : &plain, Measure(redis, [&] {
            BareWrites(redis.bare(), *batch, is_guarded);
            return entities;
          }));
    }
  }
  std::printf("{\"writes\": {");
  first.Print("first", "rows");
  std::printf(", ");
  again.Print("again", "rows");
  if (!redis.is_cluster()) {
    std::printf(", ");
    guarded.Print("bare_hmget_then_hset", "rows");
    std::printf(", ");
    plain.Print("bare_hset", "rows");
  }
  std::printf("}");
  MeasureReads(redis, **store, tables, entities, seconds);
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace feast::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: redis_store_bench PORT[,PORT...] ENTITIES SECONDS\n");
    return 2;
  }
  std::vector<int> ports;
  for (const char* port = argv[1]; port != nullptr; port = std::strchr(port, ',')) {
    ports.push_back(std::atoi(*port == ',' ? ++port : port));
  }
  return feast::bench::Main(ports, std::atoi(argv[2]), std::atof(argv[3]));
}
