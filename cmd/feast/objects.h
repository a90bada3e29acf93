#pragma once
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "command_line_internal.h"
#include "json_output.h"
#include "repository.h"
#include "table.h"

#include "feast/registry/object_kinds.h"

namespace feast::cmd {

/// The cells of one object's line in `list`.
template <typename T>
using RowOf = std::vector<std::string> (*)(const T& object);

/// Prints the project's objects of a kind as a table, in the registry's order; hidden ones
/// (`__dummy`) are left out.
template <typename T>
Status ListObjects(const GlobalOptions& globals, const std::vector<std::string>& header,
                   RowOf<T> row) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::vector<std::vector<std::string>> rows;
  for (const T& object : KindOf<T>::List(view.snapshot->proto())) {
    if (ProjectOf(object) != view.project() || NameOf(object) == kDummyEntity) continue;
    rows.push_back(row(object));
  }
  std::cout << PlainTable(header, rows);
  return Status::OK();
}

/// Prints one object as YAML.
template <typename T>
Status DescribeObject(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const T* object = FindObject<T>(view.snapshot->proto(), view.project(), name);
  if (!object) return ObjectNotFound(KindOf<T>::kKind, name, view.project());
  FEAST_ASSIGN_OR_RETURN(const std::string yaml, MessageYaml(*object));
  std::cout << yaml;
  return Status::OK();
}

/// Adds `describe NAME`, which calls `body` with the name.
template <typename Body>
void AddNamed(CommandLine& line, CLI::App* group, const std::string& command,
              const std::string& description, Body body) {
  const auto name = std::make_shared<std::string>();
  CLI::App* added = line.Add(command, description, group);
  added->add_option("name", *name)->required();
  line.Run(added, [name, body] { return body(*name); });
}

/// Adds the group `name` with `list` and `describe`.
template <typename T>
CLI::App* AddKind(CommandLine& line, const std::string& name, std::vector<std::string> header,
                  RowOf<T> row) {
  CLI::App* group = line.Add(name, "List and describe " + name + ".");
  group->require_subcommand(1);
  line.Run(line.Add("list", "List them.", group),
           [&line, header, row] { return ListObjects<T>(line.globals(), header, row); });
  AddNamed(line, group, "describe", "Print one as YAML.", [&line](const std::string& wanted) {
    return DescribeObject<T>(line.globals(), wanted);
  });
  return group;
}

}  // namespace feast::cmd
