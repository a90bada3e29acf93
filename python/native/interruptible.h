#pragma once
#include <functional>

#include "feast/base/call_context.h"

namespace feast::native {

/// Runs `work` on a thread of its own without the GIL, while the calling thread looks for signals.
/// Ctrl-C cancels the context, waits for the work to stop and raises KeyboardInterrupt; what `work`
/// returned is lost then. Call with the GIL held. Costs one thread, so it is for work of seconds.
void RunInterruptibly(const CallContext& context, const std::function<void()>& work);

}  // namespace feast::native
