#include "raise_status.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "feast/base/error_kind.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

// The one thing that can be there already, so its code is enough to know it by.
constexpr ErrorKindFacts kLocationTaken{ErrorKind::kNone, "feast.errors",
                                        "SavedDatasetLocationAlreadyExists", true};

nb::str Text(std::string_view text) { return nb::str(text.data(), text.size()); }

// Errors of Feast take arguments of their own, so they are made without __init__ and carry the text
// where `FeastError.__str__` looks for it.
nb::object MakeException(const ErrorKindFacts& facts, const std::string& message) {
  nb::object kind = nb::module_::import_(std::string(facts.module).c_str())
                        .attr(std::string(facts.class_name).c_str());
  if (!facts.is_feast_error) return kind(Text(message));
  nb::object error = kind.attr("__new__")(kind);
  error.attr("args") = nb::make_tuple(Text(message));
  error.attr("__overridden_message__") = Text(message);
  return error;
}

PyObject* BuiltinClass(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnimplemented:
      return PyExc_NotImplementedError;
    case StatusCode::kDeadlineExceeded:
      return PyExc_TimeoutError;
    case StatusCode::kUnavailable:
      return PyExc_ConnectionError;
    case StatusCode::kAlreadyExists:
      return PyExc_FileExistsError;
    default:
      return PyExc_RuntimeError;
  }
}

}  // namespace

void RaiseIfError(const Status& status) {
  if (status.ok()) return;
  const bool taken = status.code() == StatusCode::kAlreadyExists;
  if (status.kind() == ErrorKind::kNone && !taken) {
    PyErr_SetString(BuiltinClass(status), status.message().c_str());
    throw nb::python_error();
  }
  try {
    nb::object error =
        MakeException(taken ? kLocationTaken : FactsOf(status.kind()), status.message());
    PyErr_SetObject(error.type().ptr(), error.ptr());
  } catch (nb::python_error&) {
    PyErr_SetString(PyExc_RuntimeError, status.ToString().c_str());
  }
  throw nb::python_error();
}

}  // namespace feast::native
