#!/usr/bin/env python3
"""Generate the Python protobuf modules.

    gen_protos.py PROTO_DIR OUT_DIR [--force] [--grpc]

PROTO_DIR holds feast/**/*.proto; OUT_DIR is the folder that becomes the
package `feast.protos`. Imports in the generated code are moved under
`feast.protos`, descriptor file names stay `feast/core/X.proto`. Nothing is
done when every output is newer than every input.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_IMPORT = re.compile(r"^(\s*)(from|import) feast(?=[.\s])(?!\.protos\b)", re.M)
_GENERATED = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py")


def rewrite(text: str) -> str:
    return _IMPORT.sub(r"\1\2 feast.protos.feast", text)


def has_pyi(protoc: str) -> bool:
    r = subprocess.run([protoc, "--help"], capture_output=True, text=True)
    return "--pyi_out" in r.stdout + r.stderr


def main(argv=None) -> int:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("proto_dir", type=Path)
    ap.add_argument("out_dir", type=Path)
    ap.add_argument("--force", action="store_true", help="generate even if up to date")
    ap.add_argument("--grpc", action="store_true", help="also write *_pb2_grpc.py")
    args = ap.parse_args(argv)

    protoc = os.environ.get("PROTOC") or shutil.which("protoc")
    if not protoc:
        sys.exit("gen_protos: protoc not found on PATH")
    src, out = args.proto_dir.resolve(), args.out_dir.resolve()
    protos = sorted(p.relative_to(src).as_posix() for p in (src / "feast").rglob("*.proto"))
    if not protos:
        sys.exit(f"gen_protos: no .proto files under {src}/feast")

    pyi = has_pyi(protoc)
    suffixes = ["_pb2.py"] + ["_pb2.pyi"] * pyi + ["_pb2_grpc.py"] * args.grpc
    # A stem is the path without .proto; protoc maps '-' to '_'.
    stems = [p[: -len(".proto")].replace("-", "_") for p in protos]
    modules = [s + x for s in stems for x in suffixes]
    packages = {"."}
    for s in stems:
        packages.update(d.as_posix() for d in Path(s).parents)
    inits = sorted((Path(d) / "__init__.py").as_posix() for d in packages)
    wanted = set(modules) | set(inits)

    stale = []
    if (out / "feast").is_dir():
        keep = {s + x for s in stems for x in _GENERATED if args.grpc or x != "_pb2_grpc.py"}
        for p in (out / "feast").rglob("*_pb2*"):
            rel = p.relative_to(out).as_posix()
            if rel.endswith(_GENERATED) and rel not in keep:
                stale.append(p)

    if not args.force and not stale:
        newest = max(p.stat().st_mtime_ns for p in [src / x for x in protos] + [Path(__file__)])
        try:
            if min((out / x).stat().st_mtime_ns for x in wanted) >= newest:
                return 0
        except FileNotFoundError:
            pass

    out.mkdir(parents=True, exist_ok=True)
    # Same file system as OUT_DIR, so that each file is put in place atomically.
    with tempfile.TemporaryDirectory(prefix=".gen_protos_", dir=out.parent) as tmp:
        cmd = [protoc, f"-I{src}", f"--python_out={tmp}"]
        if pyi:
            cmd.append(f"--pyi_out={tmp}")
        if args.grpc:
            plugin = shutil.which("grpc_python_plugin")
            if not plugin:
                sys.exit("gen_protos: --grpc needs grpc_python_plugin on PATH")
            cmd += [f"--plugin=protoc-gen-grpc_python={plugin}", f"--grpc_python_out={tmp}"]
        r = subprocess.run(cmd + protos)
        if r.returncode:
            return r.returncode
        for rel in inits:
            p = Path(tmp, rel)
            p.parent.mkdir(parents=True, exist_ok=True)
            p.write_text("")
        for rel in modules:
            p = Path(tmp, rel)
            p.write_text(rewrite(p.read_text(encoding="utf-8")), encoding="utf-8")
        for rel in inits + modules:
            dst = out / rel
            dst.parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(tmp, rel), dst)
    for p in stale:
        p.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
