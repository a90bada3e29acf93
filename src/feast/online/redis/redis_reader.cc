#include "feast/online/redis/redis_reader.h"

#include <algorithm>
#include <utility>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/hash_sampler.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

constexpr size_t kLargeReadFields = 4096;  // from here on a read has the lane of large ones
constexpr size_t kCommandsAtOnce = 1024;   // and is sent in parts
constexpr std::string_view kHgetallHead = "*2\r\n$7\r\nHGETALL\r\n";

// Tables that are read for the same keys.
struct ReadGroup {
  std::shared_ptr<PlannedRead> planned;
  std::vector<uint32_t> reads;
  bool whole = false;  // HGETALL, not HMGET
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
    if (depth > 0) return groups_[group_].whole ? TakeOfWhole(token) : TakeField(token);
    if (is_reading_ && ++key_ == KeysOf(group_).size()) {
      key_ = 0;
      ++group_;
    }
    while (KeysOf(group_).empty()) ++group_;
    is_reading_ = true;
    plan_ = &groups_[group_].planned->plan;
    position_ = 0;
    const bool is_whole = groups_[group_].whole;
    if (token.kind == RespToken::Kind::kAggregate &&
        (is_whole ? token.number % 2 == 0
                  : static_cast<size_t>(token.number) == plan_->slots.size())) {
      return;
    }
    const bool is_error = token.kind == RespToken::Kind::kError;
    Note(is_error ? StatusOfRedisError(token.text, connection_->name())
                  : Status::DataLoss("Redis at " + connection_->name() + " answered " +
                                     (is_whole ? "HGETALL" : "HMGET") + " with something else"));
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
        groups_.push_back({nullptr, {i}, false});
      } else {
        same->reads.push_back(i);
      }
    }
    for (ReadGroup& group : groups_) {
      group.planned = session_.plans().Find(reads_, group.reads);
      group.whole = group.planned->choice.reads_whole();
    }
  }

  // Whether fields or whole hashes are asked for next time: not behind a large answer.
  void SampleHashes() {
    for (size_t group = 0; group < groups_.size(); ++group) {
      const auto& keys = KeysOf(group);
      PlannedRead& planned = *groups_[group].planned;
      if (keys.empty() || !planned.choice.WantsSample()) continue;
      SampleHash(session_.connection(RedisSession::Lane::kReads), groups_[group].planned,
                 keys[keys.size() / 2] + planned.plan.tables.front()->project);
    }
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
      const ReadPlan& plan = groups_[sent_group_].planned->plan;
      const bool whole = groups_[sent_group_].whole;
      const auto& keys = KeysOf(sent_group_);
      const std::string& project = plan.tables.front()->project;
      const size_t end = std::min(keys.size(), sent_key_ + kCommandsAtOnce - commands);
      commands += end - sent_key_;
      for (; sent_key_ < end; ++sent_key_) {
        const std::string& key = keys[sent_key_];
        out->append(whole ? kHgetallHead : plan.hmget_head);
        AppendArgumentHead(key.size() + project.size(), out);
        out->append(key).append(project);
        AppendArgumentEnd(out);
        if (!whole) out->append(plan.hmget_tail);
      }
      if (sent_key_ < keys.size()) break;
      sent_key_ = 0;
      ++sent_group_;
    }
    if (commands == 0) return Answer();
    connection_->Expect(commands, context_, shared_from_this());
    if (!is_reading_) SampleHashes();
  }

  void TakeField(const RespToken& token) {
    const size_t slot = position_++;
    if (slot >= plan_->slots.size() || token.kind != RespToken::Kind::kText) return;
    Store(plan_->slots[slot], token.text);
  }

  // Names and values by turns.
  void TakeOfWhole(const RespToken& token) {
    if (position_++ % 2 == 0) {
      slot_ = plan_->SlotsOf(token.text);
      return;
    }
    for (; slot_ != ReadPlan::kNoEntry; slot_ = plan_->NextSlot(slot_)) {
      Store(plan_->slots[slot_], token.text);
    }
  }

  void Store(ReadPlan::Slot slot, std::string_view value) {
    const uint32_t read = groups_[group_].reads[slot.table];
    TableRows& rows = rows_[read];
    auto& time = rows.event_times[key_];
    if (slot.feature != ReadPlan::Slot::kTime) {
      rows.cells[key_ * reads_[read].features.size() + slot.feature] = {value, true};
      if (!time) time = 0;  // as upstream reads a row without its time
      return;
    }
    const auto parsed = TimeOfTimestampBytes(value);
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
  size_t position_ = 0;                 // items read of it
  uint32_t slot_ = ReadPlan::kNoEntry;  // of the field of a whole hash whose value comes next
  bool is_reading_ = false;             // the first reply has begun
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
