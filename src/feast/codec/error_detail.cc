#include "feast/codec/error_detail.h"

#include "feast/codec/python_text.h"

namespace feast {

std::string ErrorDetail(const Status& status) {
  const ErrorKindFacts& facts = FactsOf(status.kind());
  if (!facts.is_feast_error) return status.message();
  std::string text;
  AppendPythonJson({RawValue::Map{{"module", {std::string(facts.module)}},
                                  {"class", {std::string(facts.class_name)}},
                                  {"message", {status.message()}}}},
                   &text);
  return text;
}

}  // namespace feast
