#pragma once
/// libpq, loaded when the first PostgreSQL store is opened: it brings some twenty libraries
/// (Kerberos, LDAP, GnuTLS), and everybody else starts in half the time without them.
#include <libpq-fe.h>

#include <memory>

#include "feast/base/result.h"

namespace feast {

#define FEAST_LIBPQ_FUNCTIONS(X) \
  X(PQcancel)                    \
  X(PQclear)                     \
  X(PQconnectdbParams)           \
  X(PQconnectPoll)               \
  X(PQconnectStartParams)        \
  X(PQconsumeInput)              \
  X(PQenterPipelineMode)         \
  X(PQerrorMessage)              \
  X(PQexec)                      \
  X(PQfinish)                    \
  X(PQflush)                     \
  X(PQfname)                     \
  X(PQfreeCancel)                \
  X(PQfreemem)                   \
  X(PQftype)                     \
  X(PQgetCancel)                 \
  X(PQgetCopyData)               \
  X(PQgetisnull)                 \
  X(PQgetlength)                 \
  X(PQgetResult)                 \
  X(PQgetvalue)                  \
  X(PQisBusy)                    \
  X(PQnfields)                   \
  X(PQntuples)                   \
  X(PQpipelineSync)              \
  X(PQputCopyData)               \
  X(PQputCopyEnd)                \
  X(PQresultErrorField)          \
  X(PQresultStatus)              \
  X(PQsendDescribePrepared)      \
  X(PQsendPrepare)               \
  X(PQsendQuery)                 \
  X(PQsendQueryParams)           \
  X(PQsendQueryPrepared)         \
  X(PQsetnonblocking)            \
  X(PQsetNoticeProcessor)        \
  X(PQsocket)                    \
  X(PQsslInUse)                  \
  X(PQstatus)                    \
  X(PQtransactionStatus)

/// The functions of libpq by their own names. Immutable.
struct Libpq {
#define FEAST_LIBPQ_MEMBER(function) decltype(&::function) function = nullptr;
  FEAST_LIBPQ_FUNCTIONS(FEAST_LIBPQ_MEMBER)
#undef FEAST_LIBPQ_MEMBER

  /// The library, loaded by the first call. Unavailable when it is not installed, or too old.
  static Result<const Libpq*> Load();
};

/// An answer of the server; rows point into it.
using PostgresResult = std::shared_ptr<const PGresult>;

}  // namespace feast
