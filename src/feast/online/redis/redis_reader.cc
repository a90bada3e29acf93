#include "feast/online/redis/redis_reader.h"

#include <algorithm>
#include <utility>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/hash_sampler.h"
#include "feast/online/redis/redis_slot.h"
#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/routed_request.h"

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

class RedisRead final : public RoutedRequest {
 public:
  RedisRead(RedisSession& session, CallContext context, std::vector<TableRead> reads, size_t fields,
            ReadDone done)
      : RoutedRequest(session, std::move(context),
                      fields < kLargeReadFields ? RedisLane::kReads : RedisLane::kLargeReads,
                      {.parts = 1, .commands = kCommandsAtOnce, .bytes = SIZE_MAX}),
        reads_(std::move(reads)),
        done_(std::move(done)) {}

  void Run() {
    GroupReads();
    rows_.resize(reads_.size());
    for (size_t i = 0; i < reads_.size(); ++i) {
      rows_[i].cells.resize(reads_[i].keys.size() * reads_[i].features.size());
      rows_[i].event_times.resize(reads_[i].keys.size());
    }
    uint32_t commands = 0;
    for (const ReadGroup& group : groups_) {
      ends_.push_back(commands += static_cast<uint32_t>(KeysOf(group).size()));
    }
    Start(commands);
    if (done_ != nullptr) SampleHashes();
  }

 private:
  class Part;

  // A command: a key of a group.
  struct Where {
    uint32_t group;
    uint32_t key;
  };

  const std::vector<std::string>& KeysOf(const ReadGroup& group) const {
    return reads_[group.reads.front()].keys;
  }

  Where WhereIs(uint32_t command) const {
    const auto group =
        static_cast<uint32_t>(std::ranges::upper_bound(ends_, command) - ends_.begin());
    return {group, group == 0 ? command : command - ends_[group - 1]};
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
      group.planned = session().plans().Find(reads_, group.reads);
      group.whole = group.planned->choice.reads_whole();
    }
  }

  // Whether fields or whole hashes are asked for next time: not behind a large answer.
  void SampleHashes() {
    for (const ReadGroup& group : groups_) {
      const auto& keys = KeysOf(group);
      if (keys.empty() || !group.planned->choice.WantsSample()) continue;
      SampleHash(session(), group.planned,
                 keys[keys.size() / 2] + group.planned->plan.tables.front()->project);
    }
  }

  uint16_t SlotOf(uint32_t command) override {
    const auto [group, key] = WhereIs(command);
    whole_key_ = KeysOf(groups_[group])[key];
    whole_key_ += groups_[group].planned->plan.tables.front()->project;
    return RedisSlotOf(whole_key_);
  }

  void Append(uint32_t command, std::string* out) override {
    const auto [index, number] = WhereIs(command);
    const ReadGroup& group = groups_[index];
    const ReadPlan& plan = group.planned->plan;
    const std::string& key = KeysOf(group)[number];
    const std::string& project = plan.tables.front()->project;
    out->append(group.whole ? kHgetallHead : plan.hmget_head);
    AppendArgumentHead(key.size() + project.size(), out);
    out->append(key).append(project);
    AppendArgumentEnd(out);
    if (!group.whole) out->append(plan.hmget_tail);
  }

  std::shared_ptr<RoutedPart> MakePart() override;

  void Forget(uint32_t command) override {
    const auto [group, key] = WhereIs(command);
    for (const uint32_t read : groups_[group].reads) {
      const size_t width = reads_[read].features.size();
      std::fill_n(rows_[read].cells.begin() + static_cast<ptrdiff_t>(key * width), width,
                  TableRows::Cell());
      rows_[read].event_times[key].reset();
    }
  }

  void Finish(const Status& status) override {
    const ReadDone done = std::exchange(done_, nullptr);
    if (!status.ok()) return done(status);
    const std::shared_ptr<const void> owner = std::move(buffers_);
    for (TableRows& rows : rows_) rows.owner = owner;
    done(std::move(rows_));
  }

  const std::vector<TableRead> reads_;
  ReadDone done_;
  std::vector<ReadGroup> groups_;
  std::vector<uint32_t> ends_;  // of each group, behind its last command
  std::string whole_key_;
  std::vector<TableRows> rows_;
  std::shared_ptr<std::vector<std::shared_ptr<const void>>> buffers_ =
      std::make_shared<std::vector<std::shared_ptr<const void>>>();
};

// Puts the replies of one server into cells.
class RedisRead::Part final : public RoutedPart {
 public:
  explicit Part(RedisRead& read) : read_(read) {}

  void Hold(const std::shared_ptr<const void>& bytes) override { read_.buffers_->push_back(bytes); }

  void Take(const RespToken& token, size_t depth) override {
    if (depth > 0) return group_->whole ? TakeOfWhole(token) : TakeField(token);
    if (!Begins(token)) return;
    const Where place = read_.WhereIs(command());
    group_ = &read_.groups_[place.group];
    plan_ = &group_->planned->plan;
    position_ = 0;
    found_ = false;
    targets_.clear();
    for (const uint32_t read : group_->reads) {
      TableRows& rows = read_.rows_[read];
      const size_t width = read_.reads_[read].features.size();
      targets_.push_back({rows.cells.data() + place.key * width, &rows.event_times[place.key]});
    }
    if (group_->whole && token.kind == RespToken::Kind::kAggregate && token.number == 0) Doubt();
    if (token.kind == RespToken::Kind::kAggregate &&
        (group_->whole ? token.number % 2 == 0
                       : static_cast<size_t>(token.number) == plan_->slots.size())) {
      return;
    }
    const bool is_error = token.kind == RespToken::Kind::kError;
    read_.Note(is_error ? StatusOfRedisError(token.text, server())
                        : Status::DataLoss("Redis at " + server() + " answered " +
                                           (group_->whole ? "HGETALL" : "HMGET") +
                                           " with something else"));
  }

 private:
  void TakeField(const RespToken& token) {
    const size_t slot = position_++;
    if (slot >= plan_->slots.size()) return;
    if (token.kind == RespToken::Kind::kText) {
      found_ = true;
      Store(plan_->slots[slot], token.text);
    } else if (!found_ && position_ == plan_->slots.size()) {
      Doubt();
    }
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
    const Target& target = targets_[slot.table];
    if (slot.feature != ReadPlan::Slot::kTime) {
      target.cells[slot.feature] = {value, true};
      if (!*target.time) *target.time = 0;  // as upstream reads a row without its time
      return;
    }
    const auto parsed = TimeOfTimestampBytes(value);
    if (parsed.ok()) {
      *target.time = *parsed;
    } else {
      read_.Note(parsed.status().Annotate("event time of feature view '" +
                                          plan_->tables[slot.table]->VersionedView() +
                                          "' in Redis"));
    }
  }

  // Where the row of the key goes.
  struct Target {
    TableRows::Cell* cells;
    std::optional<Micros>* time;
  };

  RedisRead& read_;                   // which this keeps alive
  const ReadGroup* group_ = nullptr;  // of the reply that is being read
  const ReadPlan* plan_ = nullptr;
  std::vector<Target> targets_;         // a table each
  size_t position_ = 0;                 // items read of it
  bool found_ = false;                  // one of its fields
  uint32_t slot_ = ReadPlan::kNoEntry;  // of the field of a whole hash whose value comes next
};

std::shared_ptr<RoutedPart> RedisRead::MakePart() { return std::make_shared<Part>(*this); }

size_t FieldsOf(const std::vector<TableRead>& reads) {
  size_t fields = 0;
  for (const TableRead& read : reads) fields += read.keys.size() * (read.features.size() + 1);
  return fields;
}

}  // namespace

void ReadFromRedis(RedisSession& session, const CallContext& context, std::vector<TableRead> reads,
                   ReadDone done) {
  const size_t fields = FieldsOf(reads);
  std::make_shared<RedisRead>(session, context, std::move(reads), fields, std::move(done))->Run();
}

}  // namespace feast
