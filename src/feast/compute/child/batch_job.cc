#include "feast/compute/child/batch_job.h"

#include <algorithm>
#include <utility>

#include "feast/base/message_socket.h"
#include "feast/codec/value_json.h"
#include "feast/transform/arrow_ipc.h"

namespace feast {
namespace {

constexpr size_t kLengthBytes = 8;

/// Writes one JSON object. Thread-compatible.
class JsonWriter {
 public:
  void Text(std::string_view name, std::string_view value) {
    Name(name);
    AppendJsonString(value, &text_);
  }
  void Number(std::string_view name, int64_t value) {
    Name(name);
    text_ += std::to_string(value);
  }
  void Flag(std::string_view name, bool value) {
    Name(name);
    text_ += value ? "true" : "false";
  }
  void Texts(std::string_view name, const std::vector<std::string>& values) {
    Name(name);
    text_ += '[';
    for (const std::string& value : values) {
      if (&value != values.data()) text_ += ',';
      AppendJsonString(value, &text_);
    }
    text_ += ']';
  }
  std::string Finish() && { return std::move(text_) + "}"; }

 private:
  void Name(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    AppendJsonString(name, &text_);
    text_ += ':';
  }
  std::string text_ = "{";
};

/// Reads one JSON object; what is missing or of another type is noted. Thread-compatible.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) {
    auto parsed = ParseJson(text);
    if (parsed.ok()) value_ = *std::move(parsed);
    fields_ = std::get_if<RawValue::Map>(&value_.data);
    ok_ = fields_ != nullptr;
  }

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  template <typename T>
  T Get(std::string_view name) {
    const RawValue* value = Find(name);
    const T* typed = value ? std::get_if<T>(&value->data) : nullptr;
    if (typed) return *typed;
    ok_ = false;
    return T();
  }
  std::vector<std::string> Texts(std::string_view name) {
    std::vector<std::string> texts;
    for (const RawValue& item : Get<RawValue::List>(name)) {
      const auto* text = std::get_if<std::string>(&item.data);
      ok_ = ok_ && text != nullptr;
      if (text) texts.push_back(*text);
    }
    return texts;
  }
  Status Check(std::string_view what) const {
    if (ok_) return Status::OK();
    return Status::DataLoss("a message between server and batch process is no " +
                            std::string(what));
  }

 private:
  const RawValue* Find(std::string_view name) const {
    if (!fields_) return nullptr;
    const auto found = std::ranges::find(
        *fields_, name, [](const auto& one) -> std::string_view { return one.key; });
    return found == fields_->end() ? nullptr : &found->value;
  }

  RawValue value_;
  const RawValue::Map* fields_ = nullptr;
  bool ok_ = false;
};

void WriteMaterialize(const MaterializeRequest& request, JsonWriter* head) {
  head->Text("job", "materialize");
  if (request.start) head->Number("start", *request.start);
  head->Number("end", request.end);
  head->Texts("views", request.views);
  head->Text("version", request.version);
  head->Number("jobs", request.jobs);
}

MaterializeRequest ReadMaterialize(JsonReader* head) {
  MaterializeRequest request;
  if (head->Has("start")) request.start = head->Get<int64_t>("start");
  request.end = head->Get<int64_t>("end");
  request.views = head->Texts("views");
  request.version = head->Get<std::string>("version");
  request.jobs = static_cast<int>(head->Get<int64_t>("jobs"));
  return request;
}

}  // namespace

Result<std::string> EncodeBatchJob(BatchJob job) {
  JsonWriter head;
  std::string rows;
  if (const auto* request = std::get_if<MaterializeRequest>(&job.work)) {
    WriteMaterialize(*request, &head);
  } else {
    auto& push = std::get<OfflinePush>(job.work);
    head.Text("job", "offline push");
    head.Text("source", push.push_source);
    FEAST_RETURN_IF_ERROR(WriteIpcStream(std::move(push.rows), &rows));
  }
  head.Text("principal", job.principal.name);
  head.Texts("roles", job.principal.roles);
  head.Text("trace", job.trace_id);
  const std::string text = std::move(head).Finish();
  return LittleEndian(text.size()) + text + rows;
}

Result<BatchJob> DecodeBatchJob(std::string_view bytes) {
  const uint64_t length = bytes.size() < kLengthBytes ? 0 : FromLittleEndian(bytes);
  const uint64_t rest = bytes.size() < kLengthBytes ? 0 : bytes.size() - kLengthBytes;
  JsonReader head(length > rest ? "" : bytes.substr(std::min(kLengthBytes, bytes.size()), length));
  BatchJob job;
  const auto kind = head.Get<std::string>("job");
  job.principal.name = head.Get<std::string>("principal");
  job.principal.roles = head.Texts("roles");
  job.trace_id = head.Get<std::string>("trace");
  FEAST_RETURN_IF_ERROR(head.Check("job"));
  if (kind == "materialize") {
    job.work = ReadMaterialize(&head);
  } else {
    OfflinePush push;
    push.push_source = head.Get<std::string>("source");
    FEAST_ASSIGN_OR_RETURN(push.rows, ReadIpcStream(bytes.substr(kLengthBytes + length)));
    job.work = std::move(push);
  }
  FEAST_RETURN_IF_ERROR(head.Check("job"));
  return job;
}

std::string EncodeBatchProgress(const BatchProgress& progress) {
  JsonWriter out;
  out.Flag("done", progress.done);
  out.Text("view", progress.view);
  out.Number("start", progress.start);
  out.Number("end", progress.end);
  out.Number("rows", progress.rows);
  return std::move(out).Finish();
}

Result<BatchProgress> DecodeBatchProgress(std::string_view bytes) {
  JsonReader in(bytes);
  BatchProgress progress;
  progress.done = in.Get<bool>("done");
  progress.view = in.Get<std::string>("view");
  progress.start = in.Get<int64_t>("start");
  progress.end = in.Get<int64_t>("end");
  progress.rows = in.Get<int64_t>("rows");
  FEAST_RETURN_IF_ERROR(in.Check("progress"));
  return progress;
}

std::string EncodeStatus(const Status& status) {
  JsonWriter out;
  out.Number("code", static_cast<int64_t>(status.code()));
  out.Number("kind", static_cast<int64_t>(status.kind()));
  out.Text("message", status.message());
  return std::move(out).Finish();
}

Status DecodeStatus(std::string_view bytes) {
  JsonReader in(bytes);
  const auto code = in.Get<int64_t>("code");
  const auto kind = in.Get<int64_t>("kind");
  auto message = in.Get<std::string>("message");
  FEAST_RETURN_IF_ERROR(in.Check("result"));
  if (code == 0) return Status::OK();
  return {static_cast<StatusCode>(code), std::move(message), static_cast<ErrorKind>(kind)};
}

}  // namespace feast
