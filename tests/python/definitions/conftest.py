"""Puts the package of this source tree on the path, with its generated messages."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "python"

if not (PACKAGE / "feast" / "protos" / "feast").exists():
    command = [sys.executable, PACKAGE / "gen_protos.py", ROOT / "proto", PACKAGE / "feast" / "protos"]
    subprocess.run([str(part) for part in command], check=True)
sys.path.insert(0, str(PACKAGE))
