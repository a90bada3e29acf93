# libduckdb.so and duckdb.h, which `./dev setup` takes from the npm packages of requirements/npm.txt.
#
# Target: DuckDB::duckdb (a private copy; ship it)
include(${CMAKE_CURRENT_LIST_DIR}/PrivateLibrary.cmake)
find_library(DuckDB_LIBRARY duckdb PATHS ${FEAST_DEPS}/duckdb NO_DEFAULT_PATH)
find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS ${FEAST_DEPS}/duckdb NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "./dev setup installs it")
if(DuckDB_FOUND AND NOT TARGET DuckDB::duckdb)
  private_library(DuckDB::duckdb ${DuckDB_LIBRARY})
  target_include_directories(DuckDB::duckdb SYSTEM INTERFACE ${DuckDB_INCLUDE_DIR})
endif()
