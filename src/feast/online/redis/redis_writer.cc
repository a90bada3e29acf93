#include "feast/online/redis/redis_writer.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/redis_slot.h"
#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/routed_request.h"
#include "feast/online/redis/write_script.h"

namespace feast {
namespace {

// A script holds up readers while it runs: some hundred microseconds.
constexpr size_t kRowsPerScript = 32;
constexpr size_t kScriptBytes = 256 << 10;
constexpr size_t kPartsUnderWay = 32;

class RedisWrite final : public RoutedRequest {
 public:
  RedisWrite(RedisSession& session, CallContext context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done)
      : RoutedRequest(session, std::move(context), RedisLane::kWrites,
                      {.parts = kPartsUnderWay,
                       .commands = IsPlain(session) ? kRowsPerScript : 1,
                       .bytes = kScriptBytes}),
        batch_(std::move(batch)),
        done_(std::move(done)) {
    const std::string view = batch_->table->VersionedView();
    time_field_ = RedisTimestampField(view);
    for (const EncodedColumn& feature : batch_->features) {
      fields_.push_back(RedisFeatureField(view, feature.name));
    }
    std::string* head = &fields_rendered_;
    AppendArgument(time_field_, head);
    AppendArgument(ttl(), head);
    AppendArgument(static_cast<uint64_t>(fields_.size()), head);
    for (const std::string& field : fields_) AppendArgument(field, head);
  }

  void Run() {
    if (session().options().skip_dedup) {
      return Start(static_cast<uint32_t>(batch_->rows()) * (ttl() == 0 ? 1 : 2));
    }
    for (size_t row = 0; row < batch_->rows(); row = scripts_.back().end) {
      scripts_.push_back({row, EndOfScript(row)});
    }
    Start(static_cast<uint32_t>(scripts_.size()));
  }

 private:
  struct Rows {
    size_t begin;
    size_t end;
  };

  class Part final : public RoutedPart {
   public:
    explicit Part(RedisWrite& write) : write_(write) {}
    void Take(const RespToken& token, size_t depth) override {
      if (depth > 0 || !Begins(token) || token.kind != RespToken::Kind::kError) return;
      if (token.text.starts_with("NOSCRIPT") && write_.sent_whole_.insert(command()).second) {
        return Repeat();
      }
      write_.Note(StatusOfRedisError(token.text, server()));
    }

   private:
    RedisWrite& write_;  // which this keeps alive
  };

  // Whether a command is about one row: all keys of one must lie in one slot.
  static bool IsPlain(RedisSession& session) {
    return session.options().skip_dedup || session.cluster() != nullptr;
  }
  uint64_t ttl() { return static_cast<uint64_t>(session().options().key_ttl_seconds); }

  size_t EndOfScript(size_t begin) {
    const size_t last = std::min(batch_->rows(), begin + (IsPlain(session()) ? 1 : kRowsPerScript));
    size_t bytes = 0;
    size_t row = begin;
    while (row < last && bytes < kScriptBytes) {
      for (const EncodedColumn& feature : batch_->features) bytes += feature.Row(row).size();
      ++row;
    }
    return row;
  }

  size_t FirstRowOf(uint32_t command) {
    if (!session().options().skip_dedup) return scripts_[command].begin;
    return ttl() == 0 ? command : command / 2;
  }

  uint16_t SlotOf(uint32_t command) override {
    key_ = batch_->keys.Row(FirstRowOf(command));
    key_ += batch_->table->project;
    return RedisSlotOf(key_);
  }

  void Append(uint32_t command, std::string* out) override {
    if (session().options().skip_dedup) return AppendPlainWrite(command, out);
    AppendScript(scripts_[command], sent_whole_.contains(command), out);
  }

  std::shared_ptr<RoutedPart> MakePart() override { return std::make_shared<Part>(*this); }
  void Forget(uint32_t) override {}
  void Finish(const Status& status) override {
    std::exchange(done_, nullptr)(status.Annotate("view '" + batch_->table->view + "'"));
  }

  void AppendKey(size_t row, std::string* out) const {
    const std::string_view key = batch_->keys.Row(row);
    const std::string& project = batch_->table->project;
    AppendArgumentHead(key.size() + project.size(), out);
    out->append(key).append(project);
    AppendArgumentEnd(out);
  }

  void AppendTime(size_t row, std::string* out) {
    time_.clear();
    AppendTimestampBytes(batch_->event_times[row], &time_);
    AppendArgument(time_, out);
  }

  void AppendScript(Rows rows, bool whole_script, std::string* out) {
    const size_t count = rows.end - rows.begin;
    AppendCommandHead(6 + fields_.size() + count * (fields_.size() + 2), out);
    AppendArgument(whole_script ? "EVAL" : "EVALSHA", out);
    AppendArgument(whole_script ? WriteScript().text : WriteScript().sha1, out);
    AppendArgument(static_cast<uint64_t>(count), out);
    for (size_t row = rows.begin; row < rows.end; ++row) AppendKey(row, out);
    out->append(fields_rendered_);
    for (size_t row = rows.begin; row < rows.end; ++row) {
      AppendTime(row, out);
      for (const EncodedColumn& feature : batch_->features) AppendArgument(feature.Row(row), out);
    }
  }

  // HSET whatever is there, and by turns EXPIRE if keys do.
  void AppendPlainWrite(uint32_t command, std::string* out) {
    const size_t row = FirstRowOf(command);
    if (ttl() != 0 && command % 2 == 1) {
      AppendCommandHead(3, out);
      AppendArgument("EXPIRE", out);
      AppendKey(row, out);
      return AppendArgument(ttl(), out);
    }
    AppendCommandHead(4 + 2 * fields_.size(), out);
    AppendArgument("HSET", out);
    AppendKey(row, out);
    AppendArgument(time_field_, out);
    AppendTime(row, out);
    for (size_t i = 0; i < fields_.size(); ++i) {
      AppendArgument(fields_[i], out);
      AppendArgument(batch_->features[i].Row(row), out);
    }
  }

  const std::shared_ptr<const WriteBatch> batch_;
  WriteDone done_;
  std::string time_field_;
  std::vector<std::string> fields_;
  std::string fields_rendered_;
  std::vector<Rows> scripts_;
  std::unordered_set<uint32_t> sent_whole_;  // scripts that a server did not know
  std::string key_;
  std::string time_;
};

}  // namespace

void WriteToRedis(RedisSession& session, const CallContext& context,
                  std::shared_ptr<const WriteBatch> batch, WriteDone done) {
  std::make_shared<RedisWrite>(session, context, std::move(batch), std::move(done))->Run();
}

}  // namespace feast
