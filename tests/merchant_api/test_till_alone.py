"""The example client stands alone: whoever copies the folder needs nothing else of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import merchant_api

HERE = Path(merchant_api.__path__[0]) / "client"
PLATFORM = {"app", "campaigns", "flask", "marshmallow", "sqlalchemy", "workers"}


def test_the_client_loads_nothing_of_the_platform():
    """So it starts in an instant."""
    words = (
        "import sys, merchant_api.client.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & PLATFORM == set()


def test_a_copy_of_the_folder_runs_somewhere_else(tmp_path: Path):
    """Under the name it has here; no package around it is asked for."""
    shutil.copytree(HERE, tmp_path / "merchant_api" / "client")
    command = [sys.executable, "-m", "merchant_api.client", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "reconcile" in done.stdout, done.stderr
