#include "feast/server/http/handlers.h"

namespace feast {
namespace {

constexpr std::string_view kOpenApi =
    R"json({"openapi":"3.1.0","info":{"title":"Feature server","description":"Reads features at prediction time, takes pushed rows, and materializes offline rows.","version":"0.67.0"},
"paths":{
"/get-online-features":{"post":{"summary":"Read features of entity rows","operationId":"get_online_features","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/GetOnlineFeaturesRequest"}}}},"responses":{"200":{"description":"Values, statuses and event times, column by column","content":{"application/json":{"schema":{"$ref":"#/components/schemas/OnlineFeatures"}},"application/x-protobuf":{"schema":{"type":"string","format":"binary","description":"feast.serving.GetOnlineFeaturesResponse"}}}},"400":{"$ref":"#/components/responses/Failure"},"403":{"$ref":"#/components/responses/Failure"},"404":{"$ref":"#/components/responses/Failure"},"413":{"$ref":"#/components/responses/Refused"},"422":{"$ref":"#/components/responses/Invalid"},"503":{"$ref":"#/components/responses/Refused"},"504":{"$ref":"#/components/responses/Failure"}}}},
"/push":{"post":{"summary":"Send rows to the views of a push source","operationId":"push","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PushFeaturesRequest"}}}},"responses":{"200":{"description":"Written"},"202":{"description":"Online rows are written, offline rows are queued"},"400":{"$ref":"#/components/responses/Failure"},"403":{"$ref":"#/components/responses/Failure"},"404":{"$ref":"#/components/responses/Failure"},"413":{"$ref":"#/components/responses/Refused"},"422":{"$ref":"#/components/responses/Invalid"},"503":{"$ref":"#/components/responses/Refused"},"504":{"$ref":"#/components/responses/Failure"}}}},
"/write-to-online-store":{"post":{"summary":"Write rows to one view's online table","operationId":"write_to_online_store","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/WriteToFeatureStoreRequest"}}}},"responses":{"200":{"$ref":"#/components/responses/Null"},"400":{"$ref":"#/components/responses/Failure"},"403":{"$ref":"#/components/responses/Failure"},"404":{"$ref":"#/components/responses/Failure"},"413":{"$ref":"#/components/responses/Refused"},"422":{"$ref":"#/components/responses/Invalid"},"503":{"$ref":"#/components/responses/Refused"},"504":{"$ref":"#/components/responses/Failure"}}}},
"/materialize":{"post":{"summary":"Load offline rows of an interval into the online store","operationId":"materialize","parameters":[{"$ref":"#/components/parameters/Async"},{"$ref":"#/components/parameters/Force"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/MaterializeRequest"}}}},"responses":{"200":{"$ref":"#/components/responses/Null"},"202":{"description":"Started; the views are in state MATERIALIZING until it is over","content":{"application/json":{"schema":{"type":"object","properties":{"status":{"const":"accepted"},"feature_views":{"type":"array","items":{"type":"string"}}}}}}},"400":{"$ref":"#/components/responses/Failure"},"403":{"$ref":"#/components/responses/Failure"},"404":{"$ref":"#/components/responses/Failure"},"409":{"description":"A view is being materialized already","content":{"application/json":{"schema":{"type":"object","properties":{"error":{"type":"string"},"feature_views":{"type":"array","items":{"type":"string"}}}}}}},"413":{"$ref":"#/components/responses/Refused"},"422":{"$ref":"#/components/responses/Invalid"},"503":{"$ref":"#/components/responses/Refused"},"504":{"$ref":"#/components/responses/Failure"}}}},
"/materialize-incremental":{"post":{"summary":"Load offline rows since the last materialization","operationId":"materialize_incremental","parameters":[{"$ref":"#/components/parameters/Async"},{"$ref":"#/components/parameters/Force"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/MaterializeIncrementalRequest"}}}},"responses":{"200":{"$ref":"#/components/responses/Null"},"202":{"description":"Started; the views are in state MATERIALIZING until it is over","content":{"application/json":{"schema":{"type":"object","properties":{"status":{"const":"accepted"},"feature_views":{"type":"array","items":{"type":"string"}}}}}}},"400":{"$ref":"#/components/responses/Failure"},"403":{"$ref":"#/components/responses/Failure"},"404":{"$ref":"#/components/responses/Failure"},"409":{"description":"A view is being materialized already","content":{"application/json":{"schema":{"type":"object","properties":{"error":{"type":"string"},"feature_views":{"type":"array","items":{"type":"string"}}}}}}},"413":{"$ref":"#/components/responses/Refused"},"422":{"$ref":"#/components/responses/Invalid"},"503":{"$ref":"#/components/responses/Refused"},"504":{"$ref":"#/components/responses/Failure"}}}},
"/health":{"get":{"summary":"Whether the registry can be read","operationId":"health","responses":{"200":{"description":"Healthy"},"503":{"description":"Not healthy"}}}},
"/metrics":{"get":{"summary":"Metrics for Prometheus","operationId":"metrics","responses":{"200":{"description":"Prometheus' text","content":{"text/plain":{"schema":{"type":"string"}}}},"404":{"description":"No metrics are kept"}}}}},
"components":{
"parameters":{"Async":{"name":"async","in":"query","description":"Answer at once and work in the background","schema":{"type":"boolean","default":false}},"Force":{"name":"force","in":"query","description":"Start even if a run is already marked as running","schema":{"type":"boolean","default":false}}},
"responses":{
"Failure":{"description":"A JSON string: the error detail of a Feast error as JSON, else the message","content":{"application/json":{"schema":{"type":"string"}}}},
"Invalid":{"description":"What is wrong with the body or a parameter","content":{"application/json":{"schema":{"type":"object","properties":{"detail":{"type":"array","items":{"type":"object","properties":{"type":{"type":"string"},"loc":{"type":"array"},"msg":{"type":"string"},"input":{}}}}}}}}},
"Refused":{"description":"The HTTP layer or the server's limits refused it","content":{"application/json":{"schema":{"type":"object","properties":{"detail":{"type":"string"}}}}}},
"Null":{"description":"Done","content":{"application/json":{"schema":{"type":"null"}}}}},
"schemas":{
"Columns":{"type":"object","description":"Column name to one value a row","additionalProperties":{"type":"array"}},
"GetOnlineFeaturesRequest":{"type":"object","required":["entities"],"properties":{"entities":{"$ref":"#/components/schemas/Columns"},"feature_service":{"type":["string","null"]},"features":{"type":"array","items":{"type":"string"},"description":"view:feature"},"full_feature_names":{"type":"boolean","default":false},"include_feature_view_version_metadata":{"type":"boolean","default":false}}},
"OnlineFeatures":{"type":"object","properties":{"results":{"type":"array","items":{"type":"object","properties":{"values":{"type":"array"},"statuses":{"type":"array","items":{"enum":["INVALID","PRESENT","NULL_VALUE","NOT_FOUND","OUTSIDE_MAX_AGE"]}},"event_timestamps":{"type":"array","items":{"type":"string","format":"date-time"}}}}},"metadata":{"type":"object","properties":{"feature_names":{"type":"array","items":{"type":"string"}},"feature_view_metadata":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"version":{"type":"integer"}}}}}}}},
"PushFeaturesRequest":{"type":"object","required":["push_source_name","df"],"properties":{"push_source_name":{"type":"string"},"df":{"$ref":"#/components/schemas/Columns"},"to":{"enum":["online","offline","online_and_offline"],"default":"online"},"allow_registry_cache":{"type":"boolean","default":true},"transform_on_write":{"type":"boolean","default":true}}},
"WriteToFeatureStoreRequest":{"type":"object","required":["feature_view_name","df"],"properties":{"feature_view_name":{"type":"string"},"df":{"$ref":"#/components/schemas/Columns"},"allow_registry_cache":{"type":"boolean","default":true},"transform_on_write":{"type":"boolean","default":true}}},
"MaterializeRequest":{"type":"object","properties":{"start_ts":{"type":["string","null"]},"end_ts":{"type":["string","null"]},"feature_views":{"type":["array","null"],"items":{"type":"string"}},"disable_event_timestamp":{"type":"boolean","default":false},"full_feature_names":{"type":"boolean","default":false},"version":{"type":["string","null"]}}},
"MaterializeIncrementalRequest":{"type":"object","required":["end_ts"],"properties":{"end_ts":{"type":"string"},"feature_views":{"type":["array","null"],"items":{"type":"string"}},"full_feature_names":{"type":"boolean","default":false},"version":{"type":["string","null"]}}}}}})json";

constexpr std::string_view kDocs = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Feature server</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56em; margin: 2em auto; padding: 0 1em; }
h2 { font-size: 1.1em; margin: 2em 0 .5em; border-top: 1px solid #ccc; padding-top: 1em; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f4f4f4; }
h2 code { font-size: inherit; background: none; }
pre { padding: 1em; overflow-x: auto; }
td { padding: .2em 1em .2em 0; vertical-align: top; }
</style>
<h1>Feature server</h1>
<p>The machine-readable description of these requests is <a href="openapi.json">openapi.json</a>.</p>

<h2><code>POST /get-online-features</code></h2>
<p>Reads features of entity rows. Name <code>features</code> as <code>view:feature</code>, or a
<code>feature_service</code>. The answer has one column a feature: values, statuses, event times.</p>
<pre>curl -H 'content-type: application/json' http://localhost:6566/get-online-features -d '
{"features": ["driver_stats:trips"], "entities": {"driver_id": [1001, 1002]}}'</pre>

<h2><code>POST /push</code></h2>
<p>Sends rows to every view of a push source: <code>to</code> is <code>online</code> (default),
<code>offline</code> or <code>online_and_offline</code>. 202: the offline rows are queued.</p>
<pre>{"push_source_name": "driver_push", "to": "online",
 "df": {"driver_id": [1001], "event_timestamp": ["2024-06-03T12:00:00Z"], "trips": [5]}}</pre>

<h2><code>POST /write-to-online-store</code></h2>
<p>Writes rows to one view's online table.</p>
<pre>{"feature_view_name": "driver_stats",
 "df": {"driver_id": [1001], "event_timestamp": ["2024-06-03T12:00:00Z"], "trips": [5]}}</pre>

<h2><code>POST /materialize</code>, <code>POST /materialize-incremental</code></h2>
<p>Loads offline rows of an interval, or since the last run, into the online store. With
<code>?async=true</code> it answers at once (202), or 409 when a view is being materialized already;
<code>&amp;force=true</code> starts all the same.</p>
<pre>{"start_ts": "2024-06-01", "end_ts": "2024-06-03", "feature_views": ["driver_stats"]}
{"end_ts": "2024-06-03"}</pre>

<h2><code>GET /health</code></h2>
<p>200 when the registry can be read, else 503.</p>

<h2><code>GET /metrics</code></h2>
<p>Prometheus' text, when the server keeps metrics (<code>--metrics</code>), else 404.</p>

<h2>Errors</h2>
<table>
<tr><td>400, 404, 403<td>a JSON string: the message, or the detail of a Feast error as JSON
<tr><td>422<td>what is wrong with which field
<tr><td>413, 503<td>too large; too much at once, try again
<tr><td>504<td>it took longer than the server allows
</table>
</html>
)html";

}  // namespace

void HandleOpenApi(const ServerBackend& /*backend*/, const HttpRequest& /*request*/,
                   HttpRespond&& respond) {
  respond({200, "application/json", std::string(kOpenApi), {}});
}

void HandleDocs(const ServerBackend& /*backend*/, const HttpRequest& /*request*/,
                HttpRespond&& respond) {
  respond({200, "text/html; charset=utf-8", std::string(kDocs), {}});
}

}  // namespace feast
