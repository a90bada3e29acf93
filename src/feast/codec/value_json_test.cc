#include "feast/codec/value_json.h"
