#pragma once
#include <span>
#include <string>
#include <string_view>

namespace feast {

/// What a `type` may be called: its short name, and upstream's Python class.
struct StoreTypeName {
  std::string_view type;
  std::string_view python_class;
};

/// Every type that upstream knows, whether or not this build can open it.
std::span<const StoreTypeName> OnlineStoreTypes();
std::span<const StoreTypeName> OfflineStoreTypes();
std::span<const StoreTypeName> BatchEngineTypes();

/// The short name of a type given by its short name or its class path (older paths too); empty if
/// it is neither. `file` and `dask` are one offline store: `dask`.
std::string CanonicalType(std::span<const StoreTypeName> types, std::string_view given);

/// The short names, comma-separated, for messages.
std::string TypeNames(std::span<const StoreTypeName> types);

}  // namespace feast
