#include "feast/registry/equality.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <initializer_list>
#include <string_view>

#include "feast/registry/versions.h"

namespace feast {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

bool HasSourceText(const Message& function) {
  const FieldDescriptor* text = function.GetDescriptor()->FindFieldByName("body_text");
  return text != nullptr && !function.GetReflection()->GetString(function, text).empty();
}

/// Leaves out what says nothing about the definition.
class VolatileFields final : public MessageDifferencer::IgnoreCriteria {
 public:
  bool IsIgnored(const Message& left, const Message& right, const FieldDescriptor* field,
                 const std::vector<MessageDifferencer::SpecificField>& /*parents*/) override {
    const std::string& owner = field->containing_type()->full_name();
    const std::string& name = field->name();
    if (owner == "feast.core.DataSource") {
      return name == "meta" || name == "project" || name == "data_source_class_type";
    }
    if (name == "body" && owner.starts_with("feast.core.UserDefinedFunction")) {
      return HasSourceText(left) && HasSourceText(right);
    }
    return false;
  }
};

bool IsUnordered(const FieldDescriptor& field) {
  return field.is_repeated() && !field.is_map() &&
         (field.name() == "features" || field.name() == "entity_columns" ||
          field.name() == "entities") &&
         field.containing_type()->full_name() != "feast.core.FeatureServiceSpec";
}

bool SameField(const Message& left, const Message& right, const FieldDescriptor& field) {
  MessageDifferencer differ;
  differ.set_message_field_comparison(MessageDifferencer::EQUIVALENT);
  differ.AddIgnoreCriteria(new VolatileFields());  // The differencer owns it.
  if (IsUnordered(field)) differ.TreatAsSet(&field);
  return differ.CompareWithFields(left, right, {&field}, {&field});
}

bool AnyFieldDiffers(const Message& left, const Message& right,
                     std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const FieldDescriptor* field = left.GetDescriptor()->FindFieldByName(std::string(name));
    if (!SameField(left, right, *field)) return true;
  }
  return false;
}

std::string Print(const Message& message, const FieldDescriptor& field) {
  constexpr size_t kLongest = 160;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (is_text && !field.is_repeated()) return message.GetReflection()->GetString(message, &field);
  const int count = field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    std::string item;
    printer.PrintFieldValueToString(message, &field, field.is_repeated() ? i : -1, &item);
    if (item.ends_with(' ')) item.pop_back();
    text += (i == 0 ? "" : ", ") + item;
  }
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return field.is_repeated() ? "[" + text + "]" : text;
}

const Message& SpecOf(const Message& object) {
  const FieldDescriptor* spec = object.GetDescriptor()->FindFieldByName("spec");
  return spec == nullptr ? object : object.GetReflection()->GetMessage(object, spec);
}

bool SameVersion(const Message& left, const Message& right, const FieldDescriptor& field) {
  return NormalizeVersion(left.GetReflection()->GetString(left, &field)) ==
         NormalizeVersion(right.GetReflection()->GetString(right, &field));
}

/// A transformation lies in one of two fields; the older one counts where the newer is empty.
template <typename Spec>
bool FunctionChanged(const Spec& current, const Spec& desired) {
  if (current.has_feature_transformation() && desired.has_feature_transformation()) {
    return AnyFieldDiffers(current, desired, {"feature_transformation"});
  }
  if (!current.has_feature_transformation() && !desired.has_feature_transformation()) {
    return AnyFieldDiffers(current, desired, {"user_defined_function"});
  }
  const Spec& newer = current.has_feature_transformation() ? current : desired;
  const Spec& older = current.has_feature_transformation() ? desired : current;
  const auto& left = newer.feature_transformation().user_defined_function();
  const auto& right = older.user_defined_function();
  if (HasSourceText(left) && HasSourceText(right)) return left.body_text() != right.body_text();
  return left.body() != right.body();
}

}  // namespace

std::vector<std::string> SpecDifferences(const Message& current, const Message& desired) {
  const Message& left = SpecOf(current);
  const Message& right = SpecOf(desired);
  std::vector<std::string> differences;
  for (int i = 0; i < left.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *left.GetDescriptor()->field(i);
    if (field.name() == "project") continue;
    const bool is_version =
        field.name() == "version" && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (is_version ? SameVersion(left, right, field) : SameField(left, right, field)) continue;
    differences.push_back(field.name() + ": " + Print(left, field) + " -> " + Print(right, field));
  }
  return differences;
}

bool SchemaOrUdfChanged(const core::FeatureView& current, const core::FeatureView& desired) {
  return AnyFieldDiffers(current.spec(), desired.spec(),
                         {"features", "entities", "entity_columns", "source_views"});
}

bool SchemaOrUdfChanged(const core::StreamFeatureView& current,
                        const core::StreamFeatureView& desired) {
  return AnyFieldDiffers(current.spec(), desired.spec(),
                         {"features", "entities", "entity_columns", "aggregations",
                          "timestamp_field", "mode"}) ||
         FunctionChanged(current.spec(), desired.spec());
}

bool SchemaOrUdfChanged(const core::OnDemandFeatureView& current,
                        const core::OnDemandFeatureView& desired) {
  return AnyFieldDiffers(current.spec(), desired.spec(),
                         {"features", "entity_columns", "aggregations", "sources", "mode"}) ||
         FunctionChanged(current.spec(), desired.spec());
}

bool SchemaOrUdfChanged(const core::LabelView& current, const core::LabelView& desired) {
  return AnyFieldDiffers(current.spec(), desired.spec(), {"features"});
}

}  // namespace feast
