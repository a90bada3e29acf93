#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "arrow_stream_internal.h"
#include "native_store_internal.h"
#include "setting_object_internal.h"

namespace nb = nanobind;
using feast::native::NativeFeatureStore;

namespace feast::native {

nb::object NativeFeatureStore::Settings() const { return ToObject(config().root); }

void BindNativeStore(nb::module_& module) {
  using Store = NativeFeatureStore;
  nb::class_<Store> store(module, "NativeFeatureStore",
                          "The C++ core's feature store; use feast.FeatureStore.");
  store
      .def(nb::init<const std::string&, std::optional<std::string>, std::optional<std::string>>(),
           nb::arg("repo_path"), nb::arg("yaml_file").none() = nb::none(),
           nb::arg("yaml_text").none() = nb::none())
      .def_prop_ro("project", [](const Store& self) { return self.config().project; })
      .def_prop_ro("project_description",
                   [](const Store& self) { return self.config().project_description; })
      .def_prop_ro("provider", [](const Store& self) { return self.config().provider; })
      .def_prop_ro("repo_path", [](const Store& self) { return self.config().repo_path.string(); })
      .def_prop_ro("online_store_type",
                   [](const Store& self) { return self.config().online_store_type; })
      .def_prop_ro("offline_store_type",
                   [](const Store& self) { return self.config().offline_store_type; })
      .def_prop_ro("coerce_tz_aware",
                   [](const Store& self) { return self.config().coerce_tz_aware; })
      .def_prop_ro("warnings", [](const Store& self) { return self.config().warnings; })
      .def_prop_ro("settings", &Store::Settings, "The whole configuration as plain objects.");
  store.def("registry_bytes", &Store::RegistryBytes, nb::arg("refresh") = false)
      .def("apply", &Store::Apply, nb::arg("desired"), nb::arg("partial") = true,
           nb::arg("no_promote") = false, nb::arg("allow_case_variants") = false,
           nb::arg("removals") = std::vector<std::pair<std::string, std::string>>())
      .def("plan", &Store::Plan, nb::arg("desired"), nb::arg("partial") = true,
           nb::arg("no_promote") = false, nb::arg("allow_case_variants") = false)
      .def("delete_object", &Store::DeleteObject, nb::arg("kind"), nb::arg("name"))
      .def("set_view_enabled", &Store::SetViewEnabled, nb::arg("name"), nb::arg("enabled"))
      .def("set_view_state", &Store::SetViewState, nb::arg("name"), nb::arg("state"))
      .def("teardown", &Store::Teardown);
  store
      .def("get_online", &Store::GetOnline, nb::arg("features"), nb::arg("service"),
           nb::arg("entities"), nb::arg("full_feature_names") = false,
           nb::arg("include_version_metadata") = false)
      .def("push", &Store::Push, nb::arg("source"), nb::arg("rows"), nb::arg("to"))
      .def("write_online", &Store::WriteOnline, nb::arg("view"), nb::arg("rows"),
           nb::arg("transform_on_write") = true)
      .def("write_offline", &Store::WriteOffline, nb::arg("view"), nb::arg("rows"))
      .def("precompute", &Store::Precompute, nb::arg("service"))
      .def("materialize", &Store::Materialize, nb::arg("start").none(), nb::arg("end"),
           nb::arg("views"), nb::arg("version") = "", nb::arg("progress").none() = nb::none())
      .def("plan_historical", &Store::PlanHistorical, nb::arg("features"), nb::arg("service"),
           nb::arg("full_feature_names"), nb::arg("filter_by_created_timestamp"),
           nb::arg("start").none(), nb::arg("end").none(), nb::arg("entity_timestamp"),
           nb::arg("entity_columns"))
      .def("query_entity_rows", &Store::QueryEntityRows, nb::arg("sql"))
      .def("describe_source", &Store::DescribeSource, nb::arg("source"))
      .def("pull", &Store::Pull, nb::arg("source"), nb::arg("timestamp_column"),
           nb::arg("join_keys"), nb::arg("features"), nb::arg("start").none(),
           nb::arg("end").none(), nb::arg("progress"), nb::arg("timeout").none())
      .def("write_logs", &Store::WriteLogs, nb::arg("destination"), nb::arg("rows"))
      .def("pull_logs", &Store::PullLogs, nb::arg("destination"), nb::arg("source"),
           nb::arg("columns"), nb::arg("start").none(), nb::arg("end").none(), nb::arg("progress"),
           nb::arg("timeout").none())
      .def("persist", &Store::Persist, nb::arg("storage"), nb::arg("allow_overwrite"),
           nb::arg("rows"))
      .def("staging_location", &Store::StagingLocation)
      .def("export_rows", &Store::ExportRows, nb::arg("rows"));
}

}  // namespace feast::native

NB_MODULE(_native, module) {
  feast::native::BindArrowStream(module);
  feast::native::BindNativeTraining(module);
  feast::native::BindNativeStore(module);
}
