#include "feast/online/redis/hash_sampler.h"

#include <utility>
#include <vector>

#include "feast/online/redis/redis_slot.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

constexpr int64_t kMostEntries = 5000;  // a wider hash is not read for a look
constexpr size_t kBytesAroundText = 6;  // "$9\r\n" … "\r\n"

class Sampler final : public ReplySink, public std::enable_shared_from_this<Sampler> {
 public:
  Sampler(RedisConnection& connection, std::shared_ptr<PlannedRead> plan, std::string key)
      : connection_(connection), plan_(std::move(plan)), key_(std::move(key)) {}

  // First how wide it is, then, if that is not too much, all of it.
  void AskWidth() {
    const auto begun = connection_.Begin({});
    if (!begun.ok()) return;
    AppendCommand({"HLEN", key_}, *begun);
    AppendCommand({"OBJECT", "ENCODING", key_}, *begun);
    connection_.Expect(2, {}, shared_from_this());
  }

  void Take(const RespToken& token, size_t depth) override {
    if (asked_whole_) {
      if (depth == 1) TakeEntry(token.text);
    } else if (token.kind == RespToken::Kind::kNumber) {
      sample_.entries = static_cast<size_t>(token.number);
      is_readable_ = token.number > 0 && token.number <= kMostEntries;
    } else if (token.kind == RespToken::Kind::kText) {
      sample_.is_listpack = token.text == "listpack" || token.text == "ziplist";
    }
  }

  void Hold(const std::shared_ptr<const void>&) override {}

  void Finish(const Status& status) override {
    if (!status.ok()) return;
    if (asked_whole_) return Conclude();
    if (!is_readable_) {
      if (sample_.entries == 0) plan_->choice.LearnNothing();
      return;
    }
    const auto begun = connection_.Begin({});
    if (!begun.ok()) return;
    asked_whole_ = true;
    AppendCommand({"HGETALL", key_}, *begun);
    connection_.Expect(1, {}, shared_from_this());
  }

 private:
  void TakeEntry(std::string_view text) {
    const size_t bytes = text.size() + kBytesAroundText;
    sample_.whole_bytes += bytes;
    if (texts_++ % 2 == 0) {
      is_wanted_ = plan_->plan.SlotsOf(text) != ReadPlan::kNoEntry;
    } else if (is_wanted_) {
      sample_.wanted_bytes += bytes;
      sample_.positions += texts_ / 2;
      ++found_;
    }
  }

  void Conclude() {
    sample_.wanted = plan_->plan.slots.size();
    if (found_ < sample_.wanted) sample_.positions += (sample_.wanted - found_) * sample_.entries;
    plan_->choice.Learn(sample_);
  }

  RedisConnection& connection_;  // which owns this
  const std::shared_ptr<PlannedRead> plan_;
  const std::string key_;
  HashSample sample_;
  bool is_readable_ = false;
  bool asked_whole_ = false;
  bool is_wanted_ = false;
  size_t texts_ = 0;
  size_t found_ = 0;
};

}  // namespace

void SampleHash(RedisSession& session, std::shared_ptr<PlannedRead> plan, const std::string& key) {
  RedisCluster* const cluster = session.cluster();
  const auto& node = cluster == nullptr ? session.server() : cluster->NodeOf(RedisSlotOf(key));
  if (node == nullptr) return;
  plan->choice.Await();
  std::make_shared<Sampler>(node->connection(RedisLane::kReads), std::move(plan), key)->AskWidth();
}

}  // namespace feast
