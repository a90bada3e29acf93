#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <boost/asio.hpp>

#include "feast/net/event_loop.h"
#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;
using std::chrono::milliseconds;

constexpr Micros kTime = 1'000'000;

std::unique_ptr<OnlineStore> Open(const std::string& connection_string) {
  auto store = OpenRedisAt(connection_string);
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  return *std::move(store);
}

std::vector<TableRead> OneRead() { return {{MakeTable(), {"a"}, {"k"}}}; }

Status Read(OnlineStore& store, const CallContext& context = {}) {
  return store.ReadAndWait(context, OneRead()).status();
}

Status Write(OnlineStore& store) {
  return store.WriteAndWait({}, MakeBatch(MakeTable(), {{"k", kTime, {StringValue("x"), ""}}}));
}

TEST(RedisFaults, AServerThatIsNotThereIsNamed) {
  const std::string address = "127.0.0.1:" + std::to_string(FreePort());
  const auto store = Open(address + ",password=secret");
  for (int i = 0; i < 3; ++i) {
    const Status status = Read(*store);
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
    EXPECT_NE(status.message().find(address + ": Connection refused"), std::string::npos)
        << status.message();
    EXPECT_EQ(status.message().find("secret"), std::string::npos);
  }
  EXPECT_EQ(Write(*store).code(), StatusCode::kUnavailable);
}

TEST(RedisFaults, AServerMayRestartUnderLoad) {
  RedisServer server;
  const auto store = Open(server.address());
  ASSERT_TRUE(Write(*store).ok());
  std::atomic<bool> stop = false;
  std::atomic<int> good = 0;
  std::mutex mutex;
  std::vector<Status> wrong;  // guarded by mutex
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const Status status = Read(*store);
        if (status.ok()) {
          ++good;
        } else if (status.code() != StatusCode::kUnavailable ||
                   status.message().find(server.address()) == std::string::npos) {
          const std::lock_guard lock(mutex);
          wrong.push_back(status);
        }
      }
    });
  }
  const auto reads_pass = [&] {
    const int before = good;
    return Eventually([&] { return good > before + 20; });
  };
  EXPECT_TRUE(reads_pass());
  for (int restart = 0; restart < 3; ++restart) {
    server.Kill();
    EXPECT_TRUE(Eventually([&] { return !Read(*store).ok(); }));
    server.Start();
    EXPECT_TRUE(reads_pass());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(Write(*store).ok());
  for (const Status& status : wrong) ADD_FAILURE() << status.ToString();
}

TEST(RedisFaults, ConnectionsThatAreCutAreMadeAgain) {
  RedisServer server;
  const auto store = Open(server.address());
  PlainRedisClient client(server.port());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Eventually([&] { return Read(*store).ok(); }));
    client.Call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  EXPECT_TRUE(Eventually([&] { return Read(*store).ok(); }));
}

TEST(RedisFaults, ASlowServerKeepsNoCallerPastItsDeadline) {
  RedisServer server;
  const auto store = Open(server.address());
  ASSERT_TRUE(Write(*store).ok());
  ASSERT_TRUE(Read(*store).ok());
  kill(server.pid(), SIGSTOP);
  for (int i = 0; i < 3; ++i) {
    const Status late = Read(*store, CallContext::WithTimeout(milliseconds(20)));
    EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded) << late.ToString();
    EXPECT_NE(late.message().find(server.address()), std::string::npos) << late.message();
  }
  kill(server.pid(), SIGCONT);
  // Answers to those that have gone are not taken for answers to others.
  const auto rows = store->ReadAndWait({}, OneRead());
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("x"));
}

TEST(RedisFaults, AServerThatStaysSilentIsGivenUp) {
  RedisServer server;
  const auto store = Open(server.address() + ",socket_timeout=0.1");
  ASSERT_TRUE(Read(*store).ok());
  kill(server.pid(), SIGSTOP);
  const Status silent = Read(*store);
  kill(server.pid(), SIGCONT);
  EXPECT_EQ(silent.code(), StatusCode::kUnavailable);
  EXPECT_EQ(silent.message(), "Redis at " + server.address() + " has not answered for 100 ms");
  EXPECT_TRUE(Eventually([&] { return Read(*store).ok(); }));
}

TEST(RedisFaults, WhatWaitsIsBounded) {
  RedisServer server;
  const auto store = Open(server.address());
  ASSERT_TRUE(Read(*store).ok());
  kill(server.pid(), SIGSTOP);
  constexpr int kReads = 6000;
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < kReads; ++i) {
    store->Read({}, OneRead(), [&](const Result<std::vector<TableRows>>& rows) {
      if (rows.status().code() == StatusCode::kResourceExhausted) {
        ++refused;
      } else if (!rows.ok()) {
        ++wrong;
      }
      ++answered;
    });
  }
  EXPECT_TRUE(Eventually([&] { return refused > 0; }));
  kill(server.pid(), SIGCONT);
  EXPECT_TRUE(Eventually([&] { return answered == kReads; })) << answered;
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(refused, kReads);
  EXPECT_TRUE(Read(*store).ok());
}

TEST(RedisFaults, ClosingAStoreAnswersWhatIsOpen) {
  RedisServer server;
  auto store = Open(server.address());
  ASSERT_TRUE(Read(*store).ok());
  kill(server.pid(), SIGSTOP);
  std::promise<StatusCode> answer;
  store->Read({}, OneRead(), [&](const Result<std::vector<TableRows>>& rows) {
    answer.set_value(rows.status().code());
  });
  // The next is posted after the first, so that the first is under way when this one is late.
  EXPECT_FALSE(Read(*store, CallContext::WithTimeout(milliseconds(5))).ok());
  store.reset();
  EXPECT_EQ(answer.get_future().get(), StatusCode::kCancelled);
  kill(server.pid(), SIGCONT);
}

TEST(RedisFaults, ReadsStayOnTheLoopOfTheirCaller) {
  RedisServer server;
  const auto store = Open(server.address());
  ASSERT_TRUE(Write(*store).ok());
  EventLoopThread loops[2];
  for (EventLoopThread& thread : loops) {
    std::promise<std::pair<EventLoop*, std::string>> answer;
    boost::asio::post(thread.loop().context(), [&] {
      store->Read({}, OneRead(), [&](const Result<std::vector<TableRows>>& rows) {
        answer.set_value(
            {EventLoop::Current(), rows.ok() ? std::string((*rows)[0].cells[0].value) : "failed"});
      });
    });
    const auto [loop, value] = answer.get_future().get();
    EXPECT_EQ(loop, &thread.loop());
    EXPECT_EQ(value, StringValue("x"));
  }
}

TEST(RedisLogin, UsersAndPasswords) {
  RedisServer server(
      {"--requirepass", "top,secret", "--user", "app", "on", ">pass word", "~*", "+@all"});
  const auto code_of = [&](const std::string& more) {
    const auto store = Open(server.address() + more);
    const Status status = Read(*store);
    for (const char* secret : {"wrong", "pass word"}) {
      EXPECT_EQ(status.message().find(secret), std::string::npos) << status.message();
    }
    return status.code();
  };
  for (const std::string protocol : {"", ",protocol=3"}) {
    EXPECT_EQ(code_of(protocol), StatusCode::kUnauthenticated);
    EXPECT_EQ(code_of(protocol + ",password=wrong"), StatusCode::kUnauthenticated);
    EXPECT_EQ(code_of(protocol + ",username=app,password=wrong"), StatusCode::kUnauthenticated);
    EXPECT_EQ(code_of(protocol + ",username=app,password=pass word,client_name=me"),
              StatusCode::kOk);
  }
  EXPECT_EQ(code_of(",username=app,password=pass word,db=5000"), StatusCode::kUnknown);
}

TEST(RedisLogin, Protocol3AnswersTheSame) {
  RedisServer server;
  const auto store = Open(server.address() + ",protocol=3,db=2");
  ASSERT_TRUE(Write(*store).ok());
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a", "b", "c"}, {"k", "l"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("x"));
  EXPECT_TRUE((*rows)[0].cells[1].found);
  EXPECT_FALSE((*rows)[0].cells[2].found);
  EXPECT_FALSE((*rows)[0].cells[3].found);
  PlainRedisClient client(server.port());
  client.Call({"SELECT", "2"});
  EXPECT_EQ(client.Call({"EXISTS", "kproj"}).number, 1);
}

TEST(RedisLogin, AUnixSocketWillDo) {
  const TestFolder folder;
  const std::string path = folder.path() / "redis.sock";
  RedisServer server({"--unixsocket", path});
  const auto store = Open("unix_socket_path=" + path);
  EXPECT_TRUE(Write(*store).ok());
  EXPECT_TRUE(Read(*store).ok());
}

}  // namespace
}  // namespace feast
