#include "feast/online/redis/redis_reader.h"

#include <algorithm>
#include <utility>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

constexpr size_t kLargeReadFields = 4096;  // from here on a read has the lane of large ones
constexpr size_t kCommandsAtOnce = 1024;   // and is sent in parts

// Tables that are read for the same keys.
struct ReadGroup {
  std::shared_ptr<const ReadPlan> plan;
  std::vector<uint32_t> reads;
};

class RedisRead final : public ReplySink, public std::enable_shared_from_this<RedisRead> {
 public:
  RedisRead(RedisSession& session, CallContext context, std::vector<TableRead> reads, ReadDone done)
      : session_(session),
        context_(std::move(context)),
        reads_(std::move(reads)),
        done_(std::move(done)) {}

  void Start() {
    GroupReads();
    rows_.resize(reads_.size());
    size_t fields = 0;
    for (size_t i = 0; i < reads_.size(); ++i) {
      rows_[i].cells.resize(reads_[i].keys.size() * reads_[i].features.size());
      rows_[i].event_times.resize(reads_[i].keys.size());
      fields += rows_[i].cells.size() + reads_[i].keys.size();
    }
    connection_ = &session_.connection(fields < kLargeReadFields ? RedisSession::Lane::kReads
                                                                 : RedisSession::Lane::kLargeReads);
    SendMore();
  }

  void Hold(const std::shared_ptr<const void>& bytes) override { buffers_->push_back(bytes); }

  void Take(const RespToken& token, size_t depth) override {
    if (depth > 0) return TakeField(token);
    if (position_ != 0 && ++key_ == KeysOf(group_).size()) {
      key_ = 0;
      ++group_;
    }
    while (KeysOf(group_).empty()) ++group_;
    plan_ = groups_[group_].plan.get();
    position_ = 1;
    if (token.kind == RespToken::Kind::kAggregate &&
        static_cast<size_t>(token.number) == plan_->slots.size()) {
      return;
    }
    const bool is_error = token.kind == RespToken::Kind::kError;
    Note(is_error ? StatusOfRedisError(token.text, connection_->name())
                  : Status::DataLoss("Redis at " + connection_->name() +
                                     " answered HMGET with something else"));
  }

  void Finish(const Status& status) override {
    Note(status);
    if (failure_.ok() && sent_group_ < groups_.size()) return SendMore();
    Answer();
  }

 private:
  const std::vector<std::string>& KeysOf(size_t group) const {
    return reads_[groups_[group].reads.front()].keys;
  }

  void GroupReads() {
    for (uint32_t i = 0; i < reads_.size(); ++i) {
      const auto same = std::ranges::find_if(groups_, [&](const ReadGroup& group) {
        const TableRead& first = reads_[group.reads.front()];
        return first.table->project == reads_[i].table->project && first.keys == reads_[i].keys;
      });
      if (same == groups_.end()) {
        groups_.push_back({nullptr, {i}});
      } else {
        same->reads.push_back(i);
      }
    }
    for (ReadGroup& group : groups_) group.plan = session_.plans().Find(reads_, group.reads);
  }

  void SendMore() {
    const auto begun = connection_->Begin(context_);
    if (!begun.ok()) {
      Note(begun.status());
      return Answer();
    }
    std::string* out = *begun;
    size_t commands = 0;
    while (sent_group_ < groups_.size() && commands < kCommandsAtOnce) {
      const ReadPlan& plan = *groups_[sent_group_].plan;
      const auto& keys = KeysOf(sent_group_);
      const std::string& project = plan.tables.front()->project;
      const size_t end = std::min(keys.size(), sent_key_ + kCommandsAtOnce - commands);
      commands += end - sent_key_;
      for (; sent_key_ < end; ++sent_key_) {
        const std::string& key = keys[sent_key_];
        out->append(plan.hmget_head);
        AppendArgumentHead(key.size() + project.size(), out);
        out->append(key).append(project);
        AppendArgumentEnd(out);
        out->append(plan.hmget_tail);
      }
      if (sent_key_ < keys.size()) break;
      sent_key_ = 0;
      ++sent_group_;
    }
    if (commands == 0) return Answer();
    connection_->Expect(commands, context_, shared_from_this());
  }

  void TakeField(const RespToken& token) {
    if (position_ > plan_->slots.size() || token.kind == RespToken::Kind::kNull) {
      ++position_;
      return;
    }
    const ReadPlan::Slot slot = plan_->slots[position_++ - 1];
    const uint32_t read = groups_[group_].reads[slot.table];
    TableRows& rows = rows_[read];
    auto& time = rows.event_times[key_];
    if (slot.feature != ReadPlan::Slot::kTime) {
      rows.cells[key_ * reads_[read].features.size() + slot.feature] = {token.text, true};
      if (!time) time = 0;  // as upstream reads a row without its time
      return;
    }
    const auto parsed = TimeOfTimestampBytes(token.text);
    if (parsed.ok()) {
      time = *parsed;
    } else {
      Note(parsed.status().Annotate("event time of feature view '" +
                                    plan_->tables[slot.table]->VersionedView() + "' in Redis"));
    }
  }

  void Note(const Status& status) {
    if (failure_.ok()) failure_ = status;
  }

  void Answer() {
    const ReadDone done = std::exchange(done_, nullptr);
    if (!failure_.ok()) return done(failure_);
    const std::shared_ptr<const void> owner = std::move(buffers_);
    for (TableRows& rows : rows_) rows.owner = owner;
    done(std::move(rows_));
  }

  RedisSession& session_;  // whose connections own this
  const CallContext context_;
  const std::vector<TableRead> reads_;
  ReadDone done_;
  RedisConnection* connection_ = nullptr;
  std::vector<ReadGroup> groups_;
  size_t sent_group_ = 0;  // the next command to send is for this group
  size_t sent_key_ = 0;    // and key

  const ReadPlan* plan_ = nullptr;  // of the reply that is being read
  size_t group_ = 0;
  size_t key_ = 0;
  size_t position_ = 0;  // fields read, plus one; 0 before the first reply
  std::vector<TableRows> rows_;
  std::shared_ptr<std::vector<std::shared_ptr<const void>>> buffers_ =
      std::make_shared<std::vector<std::shared_ptr<const void>>>();
  Status failure_;
};

}  // namespace

void ReadFromRedis(RedisSession& session, const CallContext& context, std::vector<TableRead> reads,
                   ReadDone done) {
  std::make_shared<RedisRead>(session, context, std::move(reads), std::move(done))->Start();
}

}  // namespace feast
