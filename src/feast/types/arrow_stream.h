#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// The schema of a stream. Errors as of NextBatch.
Result<OwnedSchema> SchemaOfStream(ArrowArrayStream* stream);

/// Reads the next batch into `out` (released first if it holds one). False at the end of the
/// stream. A stream of StreamOver fails with its source's Status, code and kind; any other with
/// what StreamFailure makes of its error number and text. Internal if the stream was released.
Result<bool> NextBatch(ArrowArrayStream* stream, ArrowArray* out);

/// Where the batches of a stream come from. Thread-compatible; must not throw.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual Result<OwnedSchema> Schema() = 0;
  /// The next batch; an empty one at the end.
  virtual Result<OwnedArray> Next() = 0;
};

/// A stream that owns its source. Who reads it with NextBatch, in any of our libraries, gets
/// failures as they are; other readers get the message and ErrorNumberOf.
OwnedStream StreamOver(std::unique_ptr<BatchSource> source);

/// The same stream, which keeps something alive that it reads from.
OwnedStream StreamKeeping(OwnedStream stream, std::shared_ptr<const void> alive);

/// What the C interface says for a failure, which has nothing but an error number and a text:
/// ENOENT a missing file, EACCES no access, ENOMEM or ENOSPC (a kind of OSError) too little of it,
/// ECANCELED, ETIMEDOUT, ENOSYS, EEXIST, EAGAIN aborted, EBADMSG damaged data, EINVAL a request
/// that is wrong, else EIO. Never 0.
int ErrorNumberOf(const Status& failure);

/// The way back, for streams of others: EINVAL, EDOM and ERANGE are InvalidArgument, the numbers
/// above what they say, all others what FileFailure says.
Status StreamFailure(int error_number, const std::string& message);

/// A stream over batches held in memory; it owns them and the schema. Every batch must have the
/// layout that `schema` (a struct) describes.
OwnedStream StreamOfBatches(OwnedSchema schema, std::vector<OwnedArray> batches);

/// A stream of one batch made of those columns, each with its schema (which names it) and `rows`
/// values.
Result<OwnedStream> StreamOfColumns(std::vector<OwnedSchema> schemas,
                                    std::vector<OwnedArray> arrays, int64_t rows);

/// A deep copy of a schema. Internal when memory runs out.
Result<OwnedSchema> CopySchema(const ArrowSchema& schema);

/// Position of the column of that name in a struct schema, or -1.
int64_t ColumnIndex(const ArrowSchema& schema, std::string_view name);

}  // namespace feast
