#pragma once
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "command_line_internal.h"
#include "message_output.h"
#include "repository.h"
#include "table.h"
#include "tags.h"

#include "feast/registry/object_kinds.h"

namespace feast::cmd {

/// The cells of one object's line in `list`.
template <typename T>
using RowOf = Cells (*)(const T& object);

/// Calls `visit` with each of the project's objects of a kind that has the tags, in the registry's
/// order; hidden ones (`__dummy`) are left out.
template <typename T, typename Visitor>
void ForEachListed(const RegistryView& registry, const TagFilter& tags, Visitor visit) {
  for (const T& object : KindOf<T>::List(registry.snapshot->proto())) {
    if (ProjectOf(object) != registry.project() || NameOf(object) == kDummyEntity) continue;
    if (tags.Accepts(TagsOf(object))) visit(object);
  }
}

/// Prints those objects as a table.
template <typename T>
Status ListObjects(const GlobalOptions& globals, const TagFilter& tags, const Cells& header,
                   RowOf<T> row) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  std::vector<Cells> rows;
  ForEachListed<T>(registry, tags, [&](const T& object) { rows.push_back(row(object)); });
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

/// Adds `list [--tags …]`, which calls `body` with the filter.
template <typename Body>
CLI::App* AddList(CommandLine& line, CLI::App* group, Body body) {
  const auto tags = std::make_shared<TagFilter>();
  CLI::App* added = line.Add("list", "List them.", group);
  tags->AddOption(added);
  line.Run(added, [tags, body] { return body(*tags); });
  return added;
}

/// Adds the group `name` with `list` and `describe`.
template <typename T>
CLI::App* AddKind(CommandLine& line, const std::string& name, Cells header, RowOf<T> row) {
  CLI::App* group = line.Add(name, "List and describe " + name + ".");
  group->require_subcommand(1);
  AddList(line, group, [&line, header, row](const TagFilter& tags) {
    return ListObjects<T>(line.globals(), tags, header, row);
  });
  AddNamed(line, group, "describe", "Print one as YAML.", [&line](const std::string& wanted) {
    return DescribeObject<T>(line.globals(), wanted);
  });
  return group;
}

}  // namespace feast::cmd
