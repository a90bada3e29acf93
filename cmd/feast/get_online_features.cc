#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "json_output.h"
#include "repository.h"

#include "feast/codec/value_json.h"

namespace feast::cmd {
namespace {

struct OnlineArguments {
  std::vector<std::string> entities;
  std::vector<std::string> features;
};

// "driver_id=1001": one more row of that column.
Status AddEntity(const std::string& text, OnlineRequest* request) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Status::InvalidArgument("Invalid entity format: '" + text + "'. Use key=value.");
  }
  const std::string key = text.substr(0, equals);
  RawValue value{text.substr(equals + 1)};
  for (auto& [name, values] : request->entities) {
    if (name != key) continue;
    values.push_back(std::move(value));
    return Status::OK();
  }
  request->entities.push_back({key, {std::move(value)}});
  return Status::OK();
}

Result<std::string> RenderColumns(const OnlineResponse& response) {
  std::string json = "{";
  for (const OnlineColumn& column : response.columns) {
    if (json.size() > 1) json += ",";
    AppendJsonString(column.name, &json);
    json += ":[";
    for (size_t i = 0; i < column.values.size(); ++i) {
      if (i) json += ",";
      FEAST_RETURN_IF_ERROR(AppendValueJson(column.values[i], &json).Annotate(column.name));
    }
    json += "]";
  }
  return IndentJson(json + "}", 4);
}

Status GetOnlineFeatures(const GlobalOptions& globals, const OnlineArguments& arguments) {
  OnlineRequest request;
  request.features = arguments.features;
  for (const std::string& entity : arguments.entities) {
    FEAST_RETURN_IF_ERROR(AddEntity(entity, &request));
  }
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  FEAST_ASSIGN_OR_RETURN(const OnlineResponse response,
                         store->retriever().RetrieveAndWait(CallContext(), std::move(request)));
  FEAST_ASSIGN_OR_RETURN(const std::string json, RenderColumns(response));
  std::cout << json << "\n";
  return Status::OK();
}

}  // namespace

void AddGetOnlineFeatures(CommandLine& line) {
  const auto arguments = std::make_shared<OnlineArguments>();
  CLI::App* command = line.Add("get-online-features", "Print features from the online store.");
  AddRepeated(command, "-e,--entities", arguments->entities, "key=value (repeat for more rows)")
      ->required();
  AddRepeated(command, "-f,--features", arguments->features, "view:feature (may be repeated)")
      ->required();
  line.Run(command, [&line, arguments] { return GetOnlineFeatures(line.globals(), *arguments); });
}

}  // namespace feast::cmd
