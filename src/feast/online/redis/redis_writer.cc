#include "feast/online/redis/redis_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "feast/codec/redis_field.h"
#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/write_script.h"

namespace feast {
namespace {

// A script holds up readers while it runs: some hundred microseconds.
constexpr size_t kRowsPerScript = 32;
constexpr size_t kScriptBytes = 256 << 10;
constexpr size_t kScriptsUnderWay = 32;

class RedisWrite final : public std::enable_shared_from_this<RedisWrite> {
 public:
  RedisWrite(RedisSession& session, CallContext context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done)
      : session_(session),
        connection_(session.connection(RedisSession::Lane::kWrites)),
        context_(std::move(context)),
        batch_(std::move(batch)),
        done_(std::move(done)) {
    const std::string view = batch_->table->VersionedView();
    time_field_ = RedisTimestampField(view);
    for (const EncodedColumn& feature : batch_->features) {
      fields_.push_back(RedisFeatureField(view, feature.name));
    }
    std::string* head = &fields_rendered_;
    AppendArgument(time_field_, head);
    AppendArgument(static_cast<uint64_t>(session.options().key_ttl_seconds), head);
    AppendArgument(static_cast<uint64_t>(fields_.size()), head);
    for (const std::string& field : fields_) AppendArgument(field, head);
  }

  // Sends while there are rows and room, and answers when all is done.
  void Continue() {
    while (failure_.ok() && next_row_ < batch_->rows() && under_way_ < kScriptsUnderWay) {
      const Rows rows{next_row_, EndOfRows(next_row_)};
      next_row_ = rows.end;
      Send(rows, /*whole_script=*/false);
    }
    if (under_way_ > 0 || done_ == nullptr) return;
    if (!failure_.ok()) failure_ = failure_.Annotate("view '" + batch_->table->view + "'");
    std::exchange(done_, nullptr)(failure_);
  }

 private:
  struct Rows {
    size_t begin;
    size_t end;
  };

  // The replies to the commands of some rows.
  class Part final : public ReplySink {
   public:
    Part(std::shared_ptr<RedisWrite> write, Rows rows, bool whole_script)
        : write_(std::move(write)), rows_(rows), whole_script_(whole_script) {}
    void Take(const RespToken& token, size_t depth) override {
      if (depth > 0 || token.kind != RespToken::Kind::kError) return;
      if (!whole_script_ && token.text.starts_with("NOSCRIPT")) {
        is_unknown_ = true;
      } else {
        write_->Note(StatusOfRedisError(token.text, write_->connection_.name()));
      }
    }
    void Hold(const std::shared_ptr<const void>&) override {}
    void Finish(const Status& status) override {
      write_->Note(status);
      --write_->under_way_;
      if (is_unknown_ && write_->failure_.ok()) write_->Send(rows_, /*whole_script=*/true);
      write_->Continue();
    }

   private:
    const std::shared_ptr<RedisWrite> write_;
    const Rows rows_;
    const bool whole_script_;
    bool is_unknown_ = false;
  };

  size_t EndOfRows(size_t begin) const {
    const size_t last = std::min(batch_->rows(), begin + kRowsPerScript);
    size_t bytes = 0;
    size_t row = begin;
    while (row < last && bytes < kScriptBytes) {
      for (const EncodedColumn& feature : batch_->features) bytes += feature.Row(row).size();
      ++row;
    }
    return row;
  }

  void Send(Rows rows, bool whole_script) {
    const auto begun = connection_.Begin(context_);
    if (!begun.ok()) return Note(begun.status());
    size_t replies = 1;
    if (session_.options().skip_dedup) {
      replies = AppendPlainWrites(rows, *begun);
    } else {
      AppendScript(rows, whole_script, *begun);
    }
    ++under_way_;
    connection_.Expect(replies, context_,
                       std::make_shared<Part>(shared_from_this(), rows, whole_script));
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

  // HSET whatever is there; gives the number of commands.
  size_t AppendPlainWrites(Rows rows, std::string* out) {
    const auto ttl = static_cast<uint64_t>(session_.options().key_ttl_seconds);
    for (size_t row = rows.begin; row < rows.end; ++row) {
      AppendCommandHead(4 + 2 * fields_.size(), out);
      AppendArgument("HSET", out);
      AppendKey(row, out);
      AppendArgument(time_field_, out);
      AppendTime(row, out);
      for (size_t i = 0; i < fields_.size(); ++i) {
        AppendArgument(fields_[i], out);
        AppendArgument(batch_->features[i].Row(row), out);
      }
      if (ttl == 0) continue;
      AppendCommandHead(3, out);
      AppendArgument("EXPIRE", out);
      AppendKey(row, out);
      AppendArgument(ttl, out);
    }
    return (rows.end - rows.begin) * (ttl == 0 ? 1 : 2);
  }

  void Note(const Status& status) {
    if (failure_.ok()) failure_ = status;
  }

  RedisSession& session_;  // whose connections own the parts of this
  RedisConnection& connection_;
  const CallContext context_;
  const std::shared_ptr<const WriteBatch> batch_;
  WriteDone done_;
  std::string time_field_;
  std::vector<std::string> fields_;
  std::string fields_rendered_;
  std::string time_;
  size_t next_row_ = 0;
  size_t under_way_ = 0;
  Status failure_;
};

}  // namespace

void WriteToRedis(RedisSession& session, const CallContext& context,
                  std::shared_ptr<const WriteBatch> batch, WriteDone done) {
  std::make_shared<RedisWrite>(session, context, std::move(batch), std::move(done))->Continue();
}

}  // namespace feast
