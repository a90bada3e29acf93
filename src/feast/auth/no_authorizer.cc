#include <type_traits>

#include "feast/auth/authorize.h"

namespace feast {

static_assert(!std::is_abstract_v<NoAuthorizer>);

}  // namespace feast
