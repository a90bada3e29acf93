#include "feast/compute/child/batch_jobs.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "feast/base/message_socket.h"
#include "feast/compute/child/batch_worker.h"
#include "feast/registry/memory_registry.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

/// A script that answers two jobs at once, well and badly, then only listens.
std::vector<std::string> Script() {
  const std::string good = EncodeStatus(Status::OK());
  const std::string bad = EncodeStatus(Status::InvalidArgument("refused"));
  std::string text;
  for (const std::string& answer : {good, bad}) {
    char octal[8];
    snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(answer.size()));
    text +=
        "printf 'R" + std::string(octal) + R"(\000\000\000\000\000\000\000)" + answer + "' >&3; ";
  }
  return {"/bin/sh", "-c", text + "exec cat <&3 >/dev/null"};
}

OfflinePush NoRows() {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 0), NANOARROW_OK);
  return {"source", StreamOfBatches(std::move(schema), {})};
}

TEST(BatchJobsTest, PushesShareOneProcessUntilItDies) {
  BatchJobs jobs(Script());
  EXPECT_EQ(jobs.push_process(), 0);
  EXPECT_TRUE(jobs.Push(CallContext(), NoRows()).ok());
  const pid_t first = jobs.push_process();
  EXPECT_NE(first, 0);
  const Status refused = jobs.Push(CallContext(), NoRows());
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.message(), "refused");
  EXPECT_EQ(jobs.push_process(), first);
  kill(first, SIGKILL);
  // It may not have ended yet: whether it has or not, the push goes to another one.
  EXPECT_TRUE(jobs.Push(CallContext(), NoRows()).ok());
  EXPECT_NE(jobs.push_process(), first);
}

TEST(BatchJobsTest, SaysHowAProcessEndedThatDidNotAnswer) {
  BatchJobs killed({"/bin/sh", "-c", "head -c 1 <&3 >/dev/null; kill -9 $$"});
  const Status status = killed.Materialize(CallContext(), {}, {});
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_NE(status.message().find("killed by signal 9"), std::string::npos) << status.message();
  BatchJobs missing({"/no/such/program"});
  EXPECT_EQ(missing.Materialize(CallContext(), {}, {}).code(), StatusCode::kUnavailable);
}

TEST(BatchJobsTest, TheCallEndsWithItsContext) {
  BatchJobs jobs({"/bin/sh", "-c", "exec cat <&3 >/dev/null"});
  const CallContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(jobs.Materialize(cancelled, {}, {}).code(), StatusCode::kCancelled);
  const auto late = CallContext::WithTimeout(std::chrono::milliseconds(20));
  EXPECT_EQ(jobs.Push(late, NoRows()).code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(jobs.push_process(), 0);  // it may answer late: nobody would know what
}

TEST(BatchWorkerTest, AnswersJobsUntilTheSocketCloses) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  MemoryRegistry registry{core::Registry()};
  const NoAuthorizer everybody;
  Ingest ingest(registry, nullptr, [] { return Status::Unavailable("no offline store here"); },
                everybody, SystemClock(), {});
  std::jthread worker([&] { EXPECT_TRUE(RunBatchWorker(fds[1], registry, ingest).ok()); });
  MessageSocket socket(fds[0]);
  BatchJob job;
  job.work = NoRows();
  const std::string bytes = *EncodeBatchJob(std::move(job));
  for (int i = 1; i <= 2; ++i) {
    ASSERT_TRUE(socket.Send(CallContext(), 'J', bytes).ok());
    const auto begun = socket.Receive(CallContext());
    ASSERT_TRUE(begun.ok());
    EXPECT_EQ(begun->kind, 'A');
    const auto answer = socket.Receive(CallContext());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->kind, 'R');
    EXPECT_EQ(DecodeStatus(answer->payload).kind(), ErrorKind::kPushSourceNotFound);
    EXPECT_EQ(registry.refreshes, i);
  }
  close(fds[0]);
  worker.join();
  close(fds[1]);
}

}  // namespace
}  // namespace feast
