#include <dlfcn.h>

#include "feast/postgres/libpq_internal.h"

namespace feast {
namespace {

Status LoadInto(Libpq* libpq) {
  void* library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Status::Unavailable(
        std::string("PostgreSQL's client library cannot be loaded; install libpq5: ") + dlerror());
  }
#define FEAST_LIBPQ_LOAD(function)                                                              \
  libpq->function = reinterpret_cast<decltype(libpq->function)>(dlsym(library, #function));     \
  if (libpq->function == nullptr) {                                                             \
    return Status::Unavailable("libpq5 is too old, version 14 or newer is needed: " #function); \
  }
  FEAST_LIBPQ_FUNCTIONS(FEAST_LIBPQ_LOAD)
#undef FEAST_LIBPQ_LOAD
  return Status::OK();
}

}  // namespace

Result<const Libpq*> Libpq::Load() {
  static Libpq libpq;
  static const Status kLoaded = LoadInto(&libpq);
  FEAST_RETURN_IF_ERROR(kLoaded);
  return &libpq;
}

}  // namespace feast
