#pragma once
#include <mutex>
#include <unordered_set>

namespace feast {

/// A stream that goes on until somebody ends it.
class OpenStream {
 public:
  /// Ends it with OK; called at most once, on any thread.
  virtual void End() = 0;

 protected:
  ~OpenStream() = default;
};

/// The open streams of one server, so that they do not hold up its end. Thread-safe.
class OpenStreams {
 public:
  /// False once the end has come: the stream must end itself.
  bool Add(OpenStream* stream) {
    const std::lock_guard lock(mutex_);
    return !ended_ && streams_.insert(stream).second;
  }
  /// Whether the caller may end it: not if `EndAll` did.
  bool Remove(OpenStream* stream) {
    const std::lock_guard lock(mutex_);
    return streams_.erase(stream) > 0;
  }
  void EndAll() {
    std::unordered_set<OpenStream*> open;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      open.swap(streams_);
    }
    for (OpenStream* stream : open) stream->End();
  }

 private:
  std::mutex mutex_;
  bool ended_ = false;                       // guarded by mutex_
  std::unordered_set<OpenStream*> streams_;  // guarded by mutex_
};

}  // namespace feast
