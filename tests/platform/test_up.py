"""The start command with real processes: it brings everything up, keeps it up, and takes it down in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from app.cli.embedded_redis import socket_path
from app.queue import queue_on
from tests.kit.servers import free_port, wait_for

ROOT = Path(__file__).parents[2]
PATIENCE_S = 40.0


class Run:
    """One `python -m app.cli.up` on its own port and data directory."""

    def __init__(self, data_dir: Path, port: int | None = None, **env: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.output = data_dir.with_name(f"{data_dir.name}-{time.monotonic_ns()}.out")
        self.till_port = free_port()
        settings = {"PROFILE": "test", "WEB_WORKERS": "2", "TILL_PORT": str(self.till_port)} | env
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.up"],
                cwd=ROOT,
                env=os.environ | settings | {"PORT": str(self.port), "DATA_DIR": str(data_dir)},
                stdout=out,
                stderr=out,
            )

    def get(self, path: str, port: int | None = None) -> int:
        """The status of a GET; 0 when there is no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=15) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0

    def until_ready(self) -> Run:
        wait_for(
            "the banner", lambda: "is ready" in self.said() or self.process.poll() is not None, PATIENCE_S
        )
        assert self.get("/readyz") == 200, self.said()
        return self

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def pid(self, name: str) -> int:
        state = json.loads((self.data_dir / "run.json").read_text())
        return int(state["children"].get(name, 0))

    def everybody(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(socket_path(self.data_dir / "redis")))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = Run(tmp_path_factory.mktemp("up") / "data")
    yield run.until_ready()
    assert run.stop() == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(name: str = "data", port: int | None = None, **env: str) -> Run:
        runs.append(Run(tmp_path / name, port, **env))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.stop()


def test_the_banner_names_the_doors_and_the_files(town: Run) -> None:
    pages = [f"http://127.0.0.1:{town.port}{page}" for page in ("/c/", "/till/", "/console/", "/")]
    for word in (*pages, "/openapi.json", "/readyz", "sms.jsonl", "logs"):
        assert word in town.said()


def test_keys_and_the_environment_file_are_for_the_owner_alone(town: Run) -> None:
    for name in ("secrets.json", "env", "run.json"):
        assert (town.data_dir / name).stat().st_mode & 0o777 == 0o600, name
    assert town.data_dir.stat().st_mode & 0o777 == 0o700


def test_everybodys_web_processes_and_the_tills_share_one_memory(town: Run) -> None:
    """So claims see that a till waits (ADR 39); it is of this run alone, and in no file."""
    shared = {
        (line.split()[4], line.split()[5])
        for server in ("web", "till")
        for process in [psutil.Process(town.pid(server)), *psutil.Process(town.pid(server)).children()]
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines()
        if "courtesy" in line
    }
    assert [name for _, name in shared] == ["/memfd:courtesy"]


def test_the_embedded_redis_keeps_what_it_is_told(town: Run) -> None:
    with town.redis() as client:
        told = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "save", "port")
    assert told == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "port": "0",
    }


def _place_of_session(pid: int) -> str | None:
    """None where the kernel does not share its cores among sessions."""
    place = Path(f"/proc/{pid}/autogroup")
    said = place.read_text() if place.exists() else ""
    return said.strip().partition(" ")[2] or None


def test_tills_have_processes_of_their_own_to_which_everybody_elses_give_way(town: Run) -> None:
    assert town.get("/readyz", town.till_port) == 200
    nice = {name: psutil.Process(town.pid(name)).nice() for name in ("web", "till")}
    assert nice["web"] - nice["till"] == 10
    assert {_place_of_session(town.pid(name)) for name in ("web", "worker", "scheduler")} <= {"nice 10", None}
    assert _place_of_session(town.pid("till")) in ("nice 0", None)
    assert len(psutil.Process(town.pid("till")).children()) == 1
    assert f"http://127.0.0.1:{town.till_port}/merchant/v1" in town.said()


@pytest.mark.parametrize("name", ["web", "till", "worker", "scheduler", "redis"])
def test_a_killed_child_comes_back_while_the_others_keep_serving(town: Run, name: str) -> None:
    before = {child: town.pid(child) for child in ("web", "till", "worker", "scheduler", "redis")}
    statuses: list[int] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            statuses.append(town.get("/healthz"))

    asker = threading.Thread(target=keep_asking)
    asker.start()
    os.kill(before[name], signal.SIGKILL)
    wait_for(f"{name} coming back", lambda: town.pid(name) not in (0, before[name]), PATIENCE_S)
    wait_for("readiness", lambda: town.get("/readyz") == 200, PATIENCE_S)
    done.set()
    asker.join()

    # A connection that the killed process was just serving may break; nobody is refused and nobody gets an error.
    broken = statuses.count(0)
    assert set(statuses) <= {0, 200}
    assert broken <= (1 if name == "web" else 0)
    others = {child: town.pid(child) for child in before if child != name}
    assert others == {child: pid for child, pid in before.items() if child != name}
    assert f"{name} 退出（被 SIGKILL 结束" in town.said()


def test_a_port_in_use_gets_a_clear_word_and_touches_nothing(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as somebody:
        port = somebody.getsockname()[1]
        run = start("other", port)
        assert run.process.wait(PATIENCE_S) == 2
    assert f"端口 {port} 用不了" in run.said()
    assert "make run PORT=" in run.said()
    assert not (tmp_path / "other").exists()


def test_a_tills_port_in_use_names_its_own_setting_and_leaves_the_other(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as somebody:
        till_port = somebody.getsockname()[1]
        run = start("other", TILL_PORT=str(till_port))
        assert run.process.wait(PATIENCE_S) == 2
    assert f"端口 {till_port} 用不了" in run.said()
    assert "make run TILL_PORT=" in run.said()


@pytest.mark.parametrize("same_port", [False, True])
def test_a_second_start_on_the_same_data_names_the_first(town: Run, same_port: bool) -> None:
    ports = {"TILL_PORT": str(town.till_port)} if same_port else {}
    second = Run(town.data_dir, town.port if same_port else None, **ports)
    assert second.process.wait(PATIENCE_S) == 3
    assert f"正由进程 {town.process.pid} 使用" in second.said()
    assert town.get("/readyz") == 200


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ({"PROFILE": "nonsense"}, "PROFILE"),
        ({"WEB_WORKERS": "none"}, "WEB_WORKERS"),
        ({"LEASE_SECONDS": "soon"}, "LEASE_SECONDS: a whole number"),
        ({"PROFILE": "production"}, "SECRET_KEY: not set"),
    ],
)
def test_settings_that_make_no_sense_stop_the_start_with_their_name(
    start: Callable[..., Run], setting: dict[str, str], word: str
) -> None:
    run = start(**setting)
    assert run.process.wait(PATIENCE_S) == 1
    assert word in run.said()
    assert "Traceback" not in run.said()
    assert not (run.data_dir / "redis").exists(), "nothing was started"


def test_a_child_that_cannot_start_shows_its_last_words_and_ends_the_start(start: Callable[..., Run]) -> None:
    # of two web servers either may be the first to have died five times
    run = start(GUNICORN_CMD_ARGS="--user=nobody-of-this-name", TILL_PORT="0")
    assert run.process.wait(PATIENCE_S) == 1
    assert "No such user: 'nobody-of-this-name'" in run.said()
    assert "web 连续启动失败 5 次" in run.said()
    assert not (run.data_dir / "run.json").exists()


def test_keys_that_are_gone_while_their_data_is_there_stop_the_start(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ankang.db").touch()
    run = start()
    assert run.process.wait(PATIENCE_S) == 1
    assert "secrets.json 不见了" in run.said()


def test_a_killed_run_leaves_nobody_behind_and_the_next_finds_its_data(start: Callable[..., Run]) -> None:
    first = start().until_ready()
    keys = (first.data_dir / "secrets.json").read_bytes()
    with first.redis() as client:
        client.set("kept", "yes")
        queue_on(client).enqueue("time.sleep", 100)
        worker = psutil.Process(first.pid("worker"))
        wait_for("a work-horse with a job in its hands", lambda: bool(worker.children()), PATIENCE_S)
        everybody = first.everybody()
        assert {first.pid(name) for name in ("web", "scheduler", "redis")} < {
            child.pid for child in everybody
        }

        first.process.kill()
        wait_for("the end of all children", lambda: not any(map(alive, everybody)), 5)
        first.process.wait()

        second = start(port=first.port).until_ready()
        assert f"上次运行（进程 {first.process.pid}）未正常结束" in second.said()
        assert client.get("kept") == b"yes"
    assert (first.data_dir / "secrets.json").read_bytes() == keys


def test_term_stops_everything_and_redis_last(town: Run) -> None:
    """The last one in this file: the town that everybody used is stopped here."""
    run = town
    assert run.get("/readyz") == 200
    everybody = run.everybody()
    assert {run.pid(name) for name in ("web", "worker", "scheduler")} < {child.pid for child in everybody}
    server = psutil.Process(run.pid("redis"))
    others = [process for process in everybody if process.pid != server.pid]

    run.process.terminate()
    wait_for("the end of Redis", lambda: not alive(server), PATIENCE_S)
    assert [process for process in others if alive(process)] == [], "Redis went before those who write to it"
    assert run.process.wait(PATIENCE_S) == 0
    assert not (run.data_dir / "run.json").exists()
    assert "已全部停止" in run.said()
