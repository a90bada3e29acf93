#include "feast/auth/authorize.h"

#include <type_traits>

namespace feast {

static_assert(!std::is_abstract_v<NoAuthorizer>);

}  // namespace feast
