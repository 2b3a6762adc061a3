"""The crash campaign, short: a storm with two deaths in it on each database, and going on where it stopped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.crash.plan import Copied, Victim, make_round
from tests.conftest import DATABASES
from tests.kit.house import ROOT

pytestmark = [pytest.mark.race, pytest.mark.timeout(300)]
SEED = 761  # Redis comes back older, then a web worker or the database dies; everybody asks until answered
CROWD = 40


def crash(database: str, rounds: int, data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loadtest.crash", "--database", database, "--data-dir", str(data_dir)]
    options = ["--rounds", str(rounds), "--seed", str(SEED), "--crowd", str(CROWD)]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("database", DATABASES)
def test_a_short_campaign_keeps_every_promise_and_is_not_played_twice(database: str, tmp_path: Path):
    """The state file remembers finished rounds: the same command again plays nothing."""
    try:
        played = crash(database, 1, tmp_path / "data")
        state = json.loads((tmp_path / "data" / "crash.json").read_text())
        assert len(state["rounds"]) == 1, played.stdout + played.stderr
        assert state["rounds"][0]["acknowledged"] >= make_round(SEED, 1, database, CROWD).stock
        again = crash(database, 1, tmp_path / "data")
        assert (again.returncode, "1/1" in again.stdout) == (played.returncode, True)
    finally:
        if cluster := json.loads((tmp_path / "data" / "crash.json").read_text()).get("postgres"):
            shutil.rmtree(Path(cluster).parent)


def test_a_campaign_of_another_seed_is_left_alone(tmp_path: Path):
    """Nobody's unfinished campaign is overwritten."""
    (tmp_path / "crash.json").write_text(json.dumps({"seed": SEED + 1, "database": "sqlite"}))
    refused = crash("sqlite", 1, tmp_path)
    assert (refused.returncode, "another seed" in refused.stdout) == (2, True)


def test_the_seed_alone_decides_who_dies_and_when():
    """And in a hundred rounds everybody dies, every kind of older copy is put back."""
    rounds = [make_round(1, number, "postgresql", 200) for number in range(1, 101)]
    assert rounds == [make_round(1, number, "postgresql", 200) for number in range(1, 101)]
    assert {strike.victim for each in rounds for strike in each.strikes} == set(Victim)
    rolled_back = [each for each in rounds if any(s.victim is Victim.ROLLBACK for s in each.strikes)]
    assert {each.copied for each in rolled_back} == set(Copied)
    on_sqlite = [make_round(1, number, "sqlite", 200) for number in range(1, 101)]
    assert all(s.victim is not Victim.DATABASE for each in on_sqlite for s in each.strikes)
