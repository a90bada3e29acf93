#include "feast/registry/view_merge.h"

#include <optional>

#include "feast/registry/equality.h"
#include "feast/registry/object_kinds.h"
#include "feast/registry/times.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

using google::protobuf::Message;

std::string_view VersionType(const core::FeatureView&) { return "feature_view"; }
std::string_view VersionType(const core::StreamFeatureView&) { return "stream_feature_view"; }
std::string_view VersionType(const core::OnDemandFeatureView&) { return "on_demand_feature_view"; }
std::string_view VersionType(const core::LabelView&) { return "label_view"; }

template <typename View>
std::string VersionText(const View& view) {
  if constexpr (requires { view.spec().version(); }) return view.spec().version();
  return "";
}

template <typename View>
void SetCurrentVersion(View* view, int number) {
  if constexpr (requires { view->mutable_meta()->set_current_version_number(number); }) {
    view->mutable_meta()->set_current_version_number(number);
  }
}

template <typename View>
void Record(core::Registry* registry, const View& view, int number, Micros now) {
  RecordVersion(registry,
                {ProjectOf(view), NameOf(view), number, std::string(VersionType(view)),
                 view.SerializeAsString()},
                now);
}

/// Fields that a view of unchanged schema takes over; the rest stays as registered.
template <typename View>
void CopySettings(const View& desired, View* view) {
  auto* to = view->mutable_spec();
  const auto& from = desired.spec();
  to->set_description(from.description());
  *to->mutable_tags() = from.tags();
  to->set_owner(from.owner());
  if constexpr (requires { to->ttl(); }) *to->mutable_ttl() = from.ttl();
  if constexpr (requires { to->set_online(true); }) to->set_online(from.online());
  if constexpr (requires { to->set_offline(true); }) to->set_offline(from.offline());
  if constexpr (requires { to->set_disabled(true); }) to->set_disabled(from.disabled());
  if constexpr (requires { to->set_org(""); }) to->set_org(from.org());
  if constexpr (requires { to->set_mode(""); }) to->set_mode(from.mode());
  if constexpr (requires { to->set_enable_validation(true); }) {
    to->set_enable_validation(from.enable_validation());
  }
  if constexpr (requires { to->set_write_to_online_store(true); }) {
    to->set_write_to_online_store(from.write_to_online_store());
    to->set_singleton(from.singleton());
  }
  if constexpr (requires { to->set_labeler_field(""); }) {
    to->set_labeler_field(from.labeler_field());
    to->set_conflict_policy(from.conflict_policy());
    to->set_reference_feature_view(from.reference_feature_view());
    if (from.has_source()) *to->mutable_source() = from.source();
  }
  if constexpr (requires { to->batch_source(); }) {
    if (from.has_batch_source()) *to->mutable_batch_source() = from.batch_source();
    if (from.has_stream_source()) *to->mutable_stream_source() = from.stream_source();
  }
}

template <typename View>
void UpdateInPlace(const View& desired, View* view, Micros now) {
  CopySettings(desired, view);
  auto* meta = view->mutable_meta();
  if constexpr (requires { view->spec().version(); }) {
    // A view that was never pinned keeps its number: only leaving a pin resets it.
    const bool leaves_pin =
        NormalizeVersion(view->spec().version()) != NormalizeVersion(desired.spec().version());
    if (desired.meta().current_version_number() != 0 || leaves_pin) {
      meta->set_current_version_number(desired.meta().current_version_number());
    }
    view->mutable_spec()->set_version(desired.spec().version());
    if (desired.meta().state() != core::STATE_UNSPECIFIED) meta->set_state(desired.meta().state());
  }
  *meta->mutable_last_updated_timestamp() = ToTimestamp(now);
}

template <typename View>
View Replacement(const View& old_view, View view) {
  *view.mutable_meta()->mutable_created_timestamp() = old_view.meta().created_timestamp();
  if constexpr (requires { view.meta().materialization_intervals(); }) {
    if (view.meta().materialization_intervals().empty()) {
      *view.mutable_meta()->mutable_materialization_intervals() =
          old_view.meta().materialization_intervals();
    }
  }
  KeepUnknownFields(old_view, &view);
  return view;
}

/// Whether two definitions differ in more than the version that they are pinned to.
template <typename View>
bool DifferBesidesVersion(const View& left, const View& right) {
  if constexpr (requires(View view) { view.mutable_spec()->clear_version(); }) {
    View plain_left = left;
    View plain_right = right;
    plain_left.mutable_spec()->clear_version();
    plain_right.mutable_spec()->clear_version();
    return !SpecDifferences(plain_left, plain_right).empty();
  } else {
    return !SpecDifferences(left, right).empty();
  }
}

/// The snapshot that `desired` is pinned to, made current.
template <typename View>
Result<View> Restored(const core::Registry& registry, const View& desired, int version,
                      Micros now) {
  const std::string& project = ProjectOf(desired);
  if (const View* active = FindObject<View>(registry, project, NameOf(desired))) {
    if (DifferBesidesVersion(*active, desired)) {
      return Status::FailedPrecondition(
          "Cannot pin feature view '" + NameOf(desired) + "' to v" + std::to_string(version) +
              " because the definition has also been modified. To pin to an older version, only "
              "change the 'version' parameter — do not modify other fields. To apply a new "
              "definition, use version='latest' or omit the version parameter.",
          ErrorKind::kFeatureViewPinConflict);
    }
  }
  FEAST_ASSIGN_OR_RETURN(View view,
                         ViewOfVersion<View>(registry, project, NameOf(desired), version));
  SetProject(&view, project);
  if constexpr (requires { view.mutable_spec()->set_version(""); }) {
    view.mutable_spec()->set_version(desired.spec().version());
  }
  SetCurrentVersion(&view, version);
  *view.mutable_meta()->mutable_last_updated_timestamp() = ToTimestamp(now);
  return view;
}

/// Replaces `*active` by a view of another schema, or only records it (`no_promote`).
template <typename View>
void ReplaceActive(core::Registry* registry, View view, View* active, bool pinned,
                   const ApplyOptions& options, Micros now) {
  view = Replacement(*active, std::move(view));
  if (!pinned) {
    int next = NextVersionNumber(*registry, options.project, NameOf(view));
    if (next == 0) {
      Record(registry, *active, 0, now);
      next = 1;
    }
    SetCurrentVersion(&view, next);
    Record(registry, view, next, now);
    if (options.no_promote) return;
  }
  *active = std::move(view);
}

template <typename View>
Status Merge(core::Registry* registry, const View& desired, const ApplyOptions& options,
             Micros now) {
  View view = desired;
  SetProject(&view, options.project);
  *view.mutable_meta()->mutable_created_timestamp() = ToTimestamp(now);
  *view.mutable_meta()->mutable_last_updated_timestamp() = ToTimestamp(now);
  FEAST_ASSIGN_OR_RETURN(const std::optional<int> pin, ParseVersion(VersionText(desired)));
  if (pin) {
    if (FindVersion(*registry, options.project, NameOf(view), *pin) != nullptr) {
      FEAST_ASSIGN_OR_RETURN(view, Restored(*registry, view, *pin, now));
    } else {
      SetCurrentVersion(&view, *pin);
      Record(registry, view, *pin, now);
    }
  } else {
    SetCurrentVersion(&view, 0);
  }
  View* active = FindObject<View>(registry, options.project, NameOf(view));
  if (active == nullptr) {
    if (!pin) Record(registry, view, 0, now);
    *KindOf<View>::List(registry)->Add() = std::move(view);
  } else if (SchemaOrUdfChanged(*active, view)) {
    ReplaceActive(registry, std::move(view), active, pin.has_value(), options, now);
  } else {
    UpdateInPlace(view, active, now);
  }
  return Status::OK();
}

void KeepOwnUnknownFields(const Message& old_message, Message* new_message) {
  const auto& unknown = old_message.GetReflection()->GetUnknownFields(old_message);
  auto* kept = new_message->GetReflection()->MutableUnknownFields(new_message);
  if (kept->empty()) kept->MergeFrom(unknown);
}

}  // namespace

void KeepUnknownFields(const Message& old_object, Message* new_object) {
  KeepOwnUnknownFields(old_object, new_object);
  for (const char* part : {"spec", "meta"}) {
    const auto* field = old_object.GetDescriptor()->FindFieldByName(part);
    if (field == nullptr || field->message_type() == nullptr) continue;
    const auto* reflection = old_object.GetReflection();
    if (!reflection->HasField(old_object, field)) continue;
    KeepOwnUnknownFields(reflection->GetMessage(old_object, field),
                         reflection->MutableMessage(new_object, field));
  }
}

Status MergeView(core::Registry* registry, const core::FeatureView& desired,
                 const ApplyOptions& options, Micros now) {
  return Merge(registry, desired, options, now);
}
Status MergeView(core::Registry* registry, const core::StreamFeatureView& desired,
                 const ApplyOptions& options, Micros now) {
  return Merge(registry, desired, options, now);
}
Status MergeView(core::Registry* registry, const core::OnDemandFeatureView& desired,
                 const ApplyOptions& options, Micros now) {
  return Merge(registry, desired, options, now);
}
Status MergeView(core::Registry* registry, const core::LabelView& desired,
                 const ApplyOptions& options, Micros now) {
  return Merge(registry, desired, options, now);
}

}  // namespace feast
