#include "feast/codec/value_bytes.h"
