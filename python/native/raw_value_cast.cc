#include <nanobind/stl/string.h>

#include <cmath>
#include <string>

#include "raw_value_cast_internal.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

std::string TypeName(nb::handle value) {
  return nb::cast<std::string>(value.type().attr("__name__"));
}

int64_t Int64Of(nb::handle value) {
  const long long number = PyLong_AsLongLong(value.ptr());
  if (number == -1 && PyErr_Occurred()) throw nb::python_error();
  return number;
}

std::string Utf8Of(nb::handle text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (!data) throw nb::python_error();
  return {data, static_cast<size_t>(size)};
}

RawBytes BytesOf(nb::handle value) {
  nb::object bytes = nb::steal(PyBytes_FromObject(value.ptr()));
  if (!bytes.is_valid()) throw nb::python_error();
  return {{PyBytes_AS_STRING(bytes.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr()))}};
}

RawValue ListOf(nb::handle items) {
  RawValue::List list;
  for (nb::handle item : nb::iter(items)) list.push_back(ToRawValue(item));
  return {std::move(list)};
}

RawValue MapOf(nb::handle value) {
  RawValue::Map map;
  for (auto [key, item] : nb::borrow<nb::dict>(value)) {
    map.push_back({nb::cast<std::string>(nb::str(key)), ToRawValue(item)});
  }
  return {std::move(map)};
}

// numpy's datetime64 has its own unit and no `timestamp`.
bool IsNumpyTime(nb::handle value) {
  return nb::hasattr(value, "dtype") &&
         nb::cast<std::string>(value.attr("dtype").attr("kind")) == "M";
}

RawValue FromOtherObject(nb::handle value) {
  const std::string kind = TypeName(value);
  if (kind == "NaTType" || kind == "NAType") return {};
  if (IsNumpyTime(value)) {
    return ToRawValue(
        value.attr("astype")("datetime64[s]").attr("astype")("int64").attr("tolist")());
  }
  if (nb::hasattr(value, "tolist")) return ToRawValue(value.attr("tolist")());
  if (nb::hasattr(value, "timestamp")) {
    const double seconds = nb::cast<double>(value.attr("timestamp")());
    return {static_cast<int64_t>(std::floor(seconds))};
  }
  if (kind == "UUID" || kind == "Decimal") return {Utf8Of(nb::str(value))};
  if (PyAnySet_Check(value.ptr())) return ListOf(value);
  if (PyIndex_Check(value.ptr())) {
    return {Int64Of(nb::steal(PyNumber_Index(value.ptr())))};
  }
  throw nb::type_error(("a value of type " + kind +
                        " cannot be an entity value or request datum; use None, bool, int, float, "
                        "str, bytes, datetime, list or dict")
                           .c_str());
}

}  // namespace

RawValue ToRawValue(nb::handle value) {
  PyObject* object = value.ptr();
  if (object == Py_None) return {};
  if (PyBool_Check(object)) return {object == Py_True};
  if (PyLong_Check(object)) return {Int64Of(value)};
  if (PyFloat_Check(object)) return {PyFloat_AS_DOUBLE(object)};
  if (PyUnicode_Check(object)) return {Utf8Of(value)};
  if (PyBytes_Check(object) || PyByteArray_Check(object)) return {BytesOf(value)};
  if (PyList_Check(object) || PyTuple_Check(object)) return ListOf(value);
  if (PyDict_Check(object)) return MapOf(value);
  return FromOtherObject(value);
}

}  // namespace feast::native
