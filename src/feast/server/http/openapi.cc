#include "feast/server/http/handlers.h"

namespace feast {
namespace {

constexpr std::string_view kOpenApi = R"json({"openapi":"3.1.0","info":{"title":"Feature server",
"description":"Reads features at prediction time, takes pushed rows, and materializes offline rows.","version":"0.67.0"},
"paths":{
"/get-online-features":{"post":{"summary":"Read features of entity rows","operationId":"get_online_features","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/GetOnlineFeaturesRequest"}}}},"responses":{"200":{"description":"Values, statuses and event times, column by column","content":{"application/json":{"schema":{"$ref":"#/components/schemas/OnlineFeatures"}}}},"404":{"$ref":"#/components/responses/Failure"},"422":{"$ref":"#/components/responses/Invalid"}}}},
"/push":{"post":{"summary":"Send rows to the views of a push source","operationId":"push","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PushFeaturesRequest"}}}},"responses":{"200":{"description":"Written"},"422":{"$ref":"#/components/responses/Invalid"}}}},
"/write-to-online-store":{"post":{"summary":"Write rows to one view's online table","operationId":"write_to_online_store","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/WriteToFeatureStoreRequest"}}}},"responses":{"200":{"description":"Written"},"404":{"$ref":"#/components/responses/Failure"},"422":{"$ref":"#/components/responses/Invalid"}}}},
"/materialize":{"post":{"summary":"Load offline rows of an interval into the online store","operationId":"materialize","parameters":[{"$ref":"#/components/parameters/Async"},{"$ref":"#/components/parameters/Force"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/MaterializeRequest"}}}},"responses":{"200":{"description":"Done"},"202":{"description":"Started"},"409":{"description":"Already running"},"422":{"$ref":"#/components/responses/Invalid"}}}},
"/materialize-incremental":{"post":{"summary":"Load offline rows since the last materialization","operationId":"materialize_incremental","parameters":[{"$ref":"#/components/parameters/Async"},{"$ref":"#/components/parameters/Force"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/MaterializeIncrementalRequest"}}}},"responses":{"200":{"description":"Done"},"202":{"description":"Started"},"409":{"description":"Already running"},"422":{"$ref":"#/components/responses/Invalid"}}}},
"/health":{"get":{"summary":"Whether the registry can be read","operationId":"health","responses":{"200":{"description":"Healthy"},"503":{"description":"Not healthy"}}}},
"/metrics":{"get":{"summary":"Prometheus text","operationId":"metrics","responses":{"200":{"description":"Metrics"}}}}},
"components":{
"parameters":{"Async":{"name":"async","in":"query","description":"Answer at once and work in the background","schema":{"type":"boolean","default":false}},"Force":{"name":"force","in":"query","description":"Start even if a run is already marked as running","schema":{"type":"boolean","default":false}}},
"responses":{"Failure":{"description":"A JSON string: an error detail, or the message","content":{"application/json":{"schema":{"type":"string"}}}},"Invalid":{"description":"What is wrong with the body","content":{"application/json":{"schema":{"type":"object","properties":{"detail":{"type":"array","items":{"type":"object","properties":{"type":{"type":"string"},"loc":{"type":"array"},"msg":{"type":"string"},"input":{}}}}}}}}}},
"schemas":{
"Columns":{"type":"object","description":"Column name to one value a row","additionalProperties":{"type":"array"}},
"GetOnlineFeaturesRequest":{"type":"object","required":["entities"],"properties":{"entities":{"$ref":"#/components/schemas/Columns"},"feature_service":{"type":["string","null"]},"features":{"type":"array","items":{"type":"string"},"description":"view:feature"},"full_feature_names":{"type":"boolean","default":false},"include_feature_view_version_metadata":{"type":"boolean","default":false}}},
"OnlineFeatures":{"type":"object","properties":{"results":{"type":"array","items":{"type":"object","properties":{"values":{"type":"array"},"statuses":{"type":"array","items":{"enum":["INVALID","PRESENT","NULL_VALUE","NOT_FOUND","OUTSIDE_MAX_AGE"]}},"event_timestamps":{"type":"array","items":{"type":"string","format":"date-time"}}}}},"metadata":{"type":"object","properties":{"feature_names":{"type":"array","items":{"type":"string"}}}}}},
"PushFeaturesRequest":{"type":"object","required":["push_source_name","df"],"properties":{"push_source_name":{"type":"string"},"df":{"$ref":"#/components/schemas/Columns"},"to":{"enum":["online","offline","online_and_offline"],"default":"online"},"allow_registry_cache":{"type":"boolean","default":true},"transform_on_write":{"type":"boolean","default":true}}},
"WriteToFeatureStoreRequest":{"type":"object","required":["feature_view_name","df"],"properties":{"feature_view_name":{"type":"string"},"df":{"$ref":"#/components/schemas/Columns"},"allow_registry_cache":{"type":"boolean","default":true},"transform_on_write":{"type":"boolean","default":true}}},
"MaterializeRequest":{"type":"object","properties":{"start_ts":{"type":["string","null"]},"end_ts":{"type":["string","null"]},"feature_views":{"type":["array","null"],"items":{"type":"string"}},"disable_event_timestamp":{"type":"boolean","default":false},"full_feature_names":{"type":"boolean","default":false},"version":{"type":["string","null"]}}},
"MaterializeIncrementalRequest":{"type":"object","required":["end_ts"],"properties":{"end_ts":{"type":"string"},"feature_views":{"type":["array","null"],"items":{"type":"string"}},"full_feature_names":{"type":"boolean","default":false},"version":{"type":["string","null"]}}}}}})json";

constexpr std::string_view kDocs = R"html(<!doctype html><html lang="en"><meta charset="utf-8">
<title>Feature server</title>
<style>body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}code,pre{background:#f3f3f3}pre{padding:1em;overflow:auto}</style>
<h1>Feature server</h1>
<p>The machine-readable description is <a href="openapi.json">openapi.json</a>.</p>
<ul>
<li><code>POST /get-online-features</code>: read features of entity rows</li>
<li><code>POST /push</code>: send rows to the views of a push source</li>
<li><code>POST /write-to-online-store</code>: write rows to one view</li>
<li><code>POST /materialize</code>, <code>POST /materialize-incremental</code>: load offline rows; <code>?async=true</code> works in the background</li>
<li><code>GET /health</code>, <code>GET /metrics</code></li>
</ul>
<pre>curl -H 'content-type: application/json' -d '{"features": ["driver_stats:trips"], "entities": {"driver_id": [1001]}}' \
  http://localhost:6566/get-online-features</pre>
</html>
)html";

}  // namespace

void HandleOpenApi(const HttpBackend& /*backend*/, const HttpRequest& /*request*/,
                   HttpRespond respond) {
  respond({200, "application/json", std::string(kOpenApi), {}});
}

void HandleDocs(const HttpBackend& /*backend*/, const HttpRequest& /*request*/,
                HttpRespond respond) {
  respond({200, "text/html; charset=utf-8", std::string(kDocs), {}});
}

}  // namespace feast
