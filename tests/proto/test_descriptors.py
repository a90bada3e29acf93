"""The .proto files against listing.txt, in both directions."""
import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROTO = ROOT / "proto"
F = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    F.TYPE_DOUBLE: "double", F.TYPE_FLOAT: "float", F.TYPE_INT32: "int32", F.TYPE_INT64: "int64",
    F.TYPE_UINT32: "uint32", F.TYPE_UINT64: "uint64", F.TYPE_SINT32: "sint32", F.TYPE_SINT64: "sint64",
    F.TYPE_FIXED32: "fixed32", F.TYPE_FIXED64: "fixed64", F.TYPE_SFIXED32: "sfixed32",
    F.TYPE_SFIXED64: "sfixed64", F.TYPE_BOOL: "bool", F.TYPE_STRING: "string", F.TYPE_BYTES: "bytes",
}
STREAMING = {(0, 0): "unary", (1, 0): "client_stream", (0, 1): "server_stream", (1, 1): "bidi"}

PROTOC = os.environ.get("PROTOC") or shutil.which("protoc")
pytestmark = pytest.mark.skipif(PROTOC is None, reason="protoc not on PATH")


def type_name(field):
    if field.type in SCALARS:
        return SCALARS[field.type]
    kind = {F.TYPE_ENUM: "enum", F.TYPE_MESSAGE: "message"}[field.type]
    return f"{kind}:{field.type_name.lstrip('.')}"


def enum_facts(enum, full, path):
    yield f"enum {full} {path}"
    for v in enum.value:
        yield f"value {full} {v.name} {v.number}"
    for r in enum.reserved_range:  # inclusive end
        yield f"reserved {full} {r.start} {r.end}"
    for name in enum.reserved_name:
        yield f"reserved {full} {name}"


def message_facts(msg, full, path):
    yield f"message {full} {path}"
    for r in msg.reserved_range:  # exclusive end
        yield f"reserved {full} {r.start} {r.end - 1}"
    for name in msg.reserved_name:
        yield f"reserved {full} {name}"
    maps = {f".{full}.{n.name}": n for n in msg.nested_type if n.options.map_entry}
    for f in msg.field:
        label = "repeated" if f.label == F.LABEL_REPEATED else "singular"
        kind, oneof = type_name(f), "-"
        if f.type_name in maps:
            key, value = maps[f.type_name].field
            label, kind = "map", f"map<{type_name(key)},{type_name(value)}>"
        if f.HasField("oneof_index") and not f.proto3_optional:
            oneof = msg.oneof_decl[f.oneof_index].name
        if label != "singular":
            presence = "none"
        elif f.type == F.TYPE_MESSAGE or f.HasField("oneof_index"):
            presence = "explicit"
        else:
            presence = "implicit"
        tail = " deprecated" if f.options.deprecated else ""
        yield f"field {full} {f.name} {f.number} {label} {kind} {oneof} {presence}{tail}"
    for e in msg.enum_type:
        yield from enum_facts(e, f"{full}.{e.name}", path)
    for n in msg.nested_type:
        if not n.options.map_entry:
            yield from message_facts(n, f"{full}.{n.name}", path)


def file_facts(fd):
    prefix = fd.package + "." if fd.package else ""
    yield f"file {fd.name} {fd.package or '-'}"
    for dep in fd.dependency:
        yield f"import {fd.name} {dep}"
    for m in fd.message_type:
        yield from message_facts(m, prefix + m.name, fd.name)
    for e in fd.enum_type:
        yield from enum_facts(e, prefix + e.name, fd.name)
    for s in fd.service:
        yield f"service {prefix}{s.name} {fd.name}"
        for m in s.method:
            mode = STREAMING[m.client_streaming, m.server_streaming]
            yield (f"rpc {prefix}{s.name} {m.name} {m.input_type.lstrip('.')} "
                   f"{m.output_type.lstrip('.')} {mode}")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    out = tmp_path_factory.mktemp("proto") / "all.pb"
    names = sorted(p.relative_to(PROTO).as_posix() for p in (PROTO / "feast").rglob("*.proto"))
    r = subprocess.run([PROTOC, "-I", str(PROTO), f"--descriptor_set_out={out}", *names],
                       capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    assert r.stderr == "", "protoc warnings:\n" + r.stderr
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file


@pytest.fixture(scope="module")
def facts(files):
    return [line for fd in files for line in file_facts(fd)]


@pytest.fixture(scope="module")
def listing():
    lines = (HERE / "listing.txt").read_text(encoding="utf-8").splitlines()
    return [x for x in lines if x and not x.startswith("#")]


KINDS = ["file", "import", "message", "field", "enum", "value", "reserved", "service", "rpc"]


@pytest.mark.parametrize("kind", KINDS)
def test_listed_facts_are_in_the_protos(kind, facts, listing):
    want = {x for x in listing if x.startswith(kind + " ")}
    assert want
    assert sorted(want - set(facts)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_proto_facts_are_listed(kind, facts, listing):
    have = {x for x in facts if x.startswith(kind + " ")}
    assert have
    assert sorted(have - set(listing)) == []


def test_no_duplicates_and_known_kinds(facts, listing):
    for lines in (facts, listing):
        assert len(set(lines)) == len(lines)
        assert {x.split()[0] for x in lines} == set(KINDS)


def test_totals_of_the_contract(listing):
    count = {k: sum(x.startswith(k + " ") for x in listing) for k in KINDS}
    assert (count["file"], count["message"], count["field"], count["enum"]) == (35, 237, 861, 12)


def test_all_files_are_proto3_with_default_packing(files):
    def packed(msg):
        for f in msg.field:
            yield f.options.HasField("packed")
        for n in msg.nested_type:
            yield from packed(n)

    for fd in files:
        assert fd.syntax == "proto3", fd.name
        assert not any(x for m in fd.message_type for x in packed(m)), fd.name


IMPORT_ALL = """
import importlib, pathlib, sys
base = pathlib.Path(sys.argv[1])
for p in sorted((base / "feast/protos/feast").rglob("*_pb2.py")):
    rel = p.relative_to(base).with_suffix("")
    m = importlib.import_module(".".join(rel.parts))
    want = "/".join(rel.parts[2:])[: -len("_pb2")] + ".proto"
    assert m.DESCRIPTOR.name == want, (m.DESCRIPTOR.name, want)
    print(want)
from feast.protos.feast.core import SavedDataset_pb2 as s
c = s.SavedDatasetColumn()
assert not c.HasField("nullable")
c.nullable = False
assert c.SerializeToString() == b"\\x20\\x00"
"""


def test_generated_python_modules(tmp_path, files):
    (tmp_path / "feast").mkdir()
    (tmp_path / "feast" / "__init__.py").write_text("")
    out = tmp_path / "feast" / "protos"
    gen = [sys.executable, str(ROOT / "python" / "gen_protos.py"), str(PROTO), str(out)]
    subprocess.run(gen, check=True)
    r = subprocess.run([sys.executable, "-c", IMPORT_ALL, str(tmp_path)], capture_output=True, text=True,
                       env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert r.returncode == 0, r.stderr
    assert sorted(r.stdout.split()) == sorted(fd.name for fd in files)
    for p in out.rglob("*.pyi"):
        ast.parse(p.read_text(encoding="utf-8"))

    # Up to date: nothing is written. Missing output, or a leftover one: repaired.
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*_pb2*")}
    subprocess.run(gen, check=True)
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*_pb2*")}
    gone, extra = out / "feast/core/Entity_pb2.py", out / "feast/core/Gone_pb2.py"
    gone.unlink()
    extra.write_text("")
    subprocess.run(gen, check=True)
    assert gone.exists() and not extra.exists()
