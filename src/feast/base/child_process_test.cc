#include "feast/base/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "feast/base/message_socket.h"

namespace feast {
namespace {

std::unique_ptr<ChildProcess> Shell(const std::string& script) {
  auto child = ChildProcess::Start({"/bin/sh", "-c", script});
  EXPECT_TRUE(child.ok()) << child.status().ToString();
  return child.ok() ? *std::move(child) : nullptr;
}

TEST(ChildProcessTest, TalksOverDescriptorThree) {
  const auto child = Shell("cat <&3 >&3");
  MessageSocket socket(child->socket());
  const std::string large(1 << 20, 'x');
  // Sent from a thread of its own: an echo fills the socket both ways.
  std::jthread sender([&] { EXPECT_TRUE(socket.Send(CallContext(), 'a', large).ok()); });
  const auto back = socket.Receive(CallContext());
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->kind, 'a');
  EXPECT_EQ(back->payload, large);
  EXPECT_TRUE(child->Running());
}

TEST(ChildProcessTest, GetsTheEnvironmentItIsGiven) {
  auto child = ChildProcess::Start(
      {"/bin/sh", "-c", "printf \"h\\5\\0\\0\\0\\0\\0\\0\\0$A$HOME\" >&3"}, {"A=alone"});
  ASSERT_TRUE(child.ok()) << child.status().ToString();
  const auto said = MessageSocket((*child)->socket()).Receive(CallContext());
  ASSERT_TRUE(said.ok()) << said.status().ToString();
  EXPECT_EQ(said->payload, "alone");
}

TEST(ChildProcessTest, SendsBothPartsAsOne) {
  const auto child = Shell("cat <&3 >&3");
  MessageSocket socket(child->socket());
  ASSERT_TRUE(socket.Send(CallContext(), 'a', "head ", "body").ok());
  EXPECT_EQ(socket.Receive(CallContext())->payload, "head body");
}

TEST(ChildProcessTest, SaysHowItEnded) {
  const auto exits = Shell("exit 7");
  EXPECT_EQ(MessageSocket(exits->socket()).Receive(CallContext()).status().code(),
            StatusCode::kUnavailable);
  const auto killed = Shell("kill -9 $$");
  EXPECT_FALSE(MessageSocket(killed->socket()).Receive(CallContext()).ok());
  // The socket closes a moment before the process can be waited for.
  while (exits->Running() || killed->Running()) std::this_thread::yield();
  EXPECT_EQ(exits->End(), "ended with exit code 7");
  EXPECT_NE(killed->End().find("killed by signal 9"), std::string::npos);
  EXPECT_EQ(ChildProcess::Start({"/no/such/program"}).status().code(), StatusCode::kUnavailable);
}

TEST(ChildProcessTest, WaitingEndsWithTheCall) {
  const auto child = Shell("read line <&3");
  MessageSocket socket(child->socket());
  const CallContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(socket.Receive(cancelled).status().code(), StatusCode::kCancelled);
  const auto late = CallContext::WithTimeout(std::chrono::milliseconds(1));
  EXPECT_EQ(socket.Receive(late).status().code(), StatusCode::kDeadlineExceeded);
  socket.set_limit(std::chrono::steady_clock::now());
  EXPECT_EQ(socket.Receive(CallContext()).status().code(), StatusCode::kDeadlineExceeded);
}

TEST(ChildProcessTest, IsKilledWithItsOwner) {
  auto child = Shell("exec sleep 1000");
  const pid_t pid = child->pid();
  EXPECT_EQ(kill(pid, 0), 0);
  child.reset();
  EXPECT_NE(kill(pid, 0), 0);
}

}  // namespace
}  // namespace feast
