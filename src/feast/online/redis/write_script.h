#pragma once
#include <string>

namespace feast {

/// Lua that Redis runs, and the name that EVALSHA knows it by.
struct RedisScript {
  std::string text;
  std::string sha1;
};

/// Writes rows, each unless its key holds an equal or later event time. KEYS: one a row. ARGV: the
/// field of the event time, seconds until a written key expires (0: never), the number of features,
/// their fields; then for each row its event time and values. Answers the number of rows written.
const RedisScript& WriteScript();

/// Removes fields of one key, and the key with them if no view's event time is left. KEYS: the key;
/// ARGV: the fields.
const RedisScript& DeleteFieldsScript();

}  // namespace feast
