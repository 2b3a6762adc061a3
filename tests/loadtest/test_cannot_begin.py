"""Facts about runs that cannot begin: exit code 2 and a sentence, before anything is started or wiped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.replay.house import CannotPlay
from loadtest.scene import from_file

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "https://vouchers.example"], "HOST is http://127.0.0.1:PORT"),
        (["--host", "http://127.0.0.1:8000"], "is not the DATA_DIR of a running platform"),
        (["--citizens", "2"], "leaves 0 vouchers"),
        ([], "is not empty and not from a replay"),
    ],
)
def test_a_run_that_cannot_begin_says_why(tmp_path, words, sentence):
    """Somebody's files stay where they are."""
    (tmp_path / "precious").write_text("mine")
    command = [sys.executable, "-m", "loadtest", "--data-dir", str(tmp_path), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, sentence in done.stdout) == (2, True), done.stdout + done.stderr
    assert (tmp_path / "precious").read_text() == "mine"


def test_logins_of_a_demo_name_two_organizers(tmp_path):
    """The first two; approval takes two people."""
    logins = tmp_path / "demo.json"
    people = [{"role": "till", "login": "live_1", "password": "x"}]
    people += [{"role": "organizer", "login": name, "password": f"{name}!"} for name in ("zhao", "qian")]
    logins.write_text(json.dumps(people))
    assert from_file(logins) == [("zhao", "zhao!"), ("qian", "qian!")]
    logins.write_text(json.dumps(people[:2]))
    with pytest.raises(CannotPlay, match="approval takes two"):
        from_file(logins)
