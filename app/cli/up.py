"""`make run`: bring the whole platform up on this machine, keep it up, take it down in order.

    python -m app.cli.up        settings: PORT, TILL_PORT, DATA_DIR, PROFILE, WEB_WORKERS, DEMO_TOWN, DATABASE_URL,
                                REDIS_URL, REDIS_SERVER

1. the ports  2. the data directory  3. Redis  4. the schema  5. demo data  6. web, till, worker, scheduler  7. ready.
The ports go first, so that a second start changes nothing. Exit codes: 0 stopped, 1 cannot start, 2 port in use,
3 the data directory is in use.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.cli import embedded_redis, leash
from app.cli.banner import banner
from app.cli.data_dir import DataDir
from app.cli.polite import politely
from app.cli.run_settings import HOST, RunSettings
from app.cli.supervisor import Program, Supervisor
from app.cli.words import CannotStart, say, say_plain

ROOT = Path(__file__).resolve().parents[2]
EXIT_PORT_IN_USE = 2
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BACKLOG = 2048
READY_PATIENCE_S = 90.0
# Processes of a killed run die with it, but not in the same instant; until then they hold the port.
PORT_PATIENCE_S = 5.0
# What happens to every gate of the town is no news.
QUIET = ("env", "LOG_LEVEL=WARNING")
Listeners = Mapping[str, socket.socket]  # by the program that serves it


def main() -> int:
    """Run until told to stop. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that cannot show Chinese
    try:
        settings = RunSettings.from_env()
        data = DataDir(settings.data_dir)
        listeners = claim(settings, data)
        asyncio.run(run(settings, data, listeners))
    except CannotStart as word:
        say(str(word))
        return word.exit_code
    except OSError as error:
        say(f"无法启动 / cannot start: {error}")
        return 1
    return 0


def claim(settings: RunSettings, data: DataDir) -> Listeners:
    """Take the ports, then the data directory, and say so when the last run there was killed."""
    try:
        listeners = listen(settings)
    except CannotStart:
        if not data.path.exists():
            raise
        data.take()  # a second start on the same data is the better explanation, if it is one
        if data.left_behind() is None:
            raise
        listeners = listen(settings, patience_s=PORT_PATIENCE_S)
    else:
        data.take()
    before = data.left_behind()
    if before is not None:
        say(
            f"上次运行（进程 {before.get('pid', '?')}）未正常结束；数据还在，继续启动 / "
            f"the last run (process {before.get('pid', '?')}) was killed; its data is here, going on"
        )
    return listeners


def listen(settings: RunSettings, *, patience_s: float = 0.0) -> Listeners:
    """A listening socket for everybody, and one for tills. Raises CannotStart when one cannot be had in time."""
    deadline = time.monotonic() + patience_s
    taken = {"web": listen_on(settings.port, "PORT=…", deadline)}
    if settings.till_port:
        try:
            taken["till"] = listen_on(settings.till_port, "TILL_PORT=…", deadline)
        except CannotStart:
            taken["web"].close()
            raise
    return taken


def listen_on(port: int, choice: str, deadline: float) -> socket.socket:
    """A listening socket. Raises CannotStart with the setting to choose another port by."""
    while True:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections inherit it
        try:
            listener.bind((HOST, port))
            listener.listen(BACKLOG)
            return listener
        except OSError as error:
            listener.close()
            if time.monotonic() >= deadline:
                raise CannotStart(
                    f"端口 {port} 用不了（{error.strerror}）：用 make run {choice} 另选一个 / "
                    f"port {port} cannot be used ({error.strerror}): choose another with make run {choice}",
                    EXIT_PORT_IN_USE,
                ) from None
        time.sleep(0.1)


async def run(settings: RunSettings, data: DataDir, listeners: Listeners) -> None:
    """Everything up, then nothing but watching; INT, TERM or HUP take it down, a second one at once."""
    house = Supervisor(ROOT, {}, data.logs, lambda: write_state(settings, data, house))
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    assert me is not None
    # nohup has the hang-up ignored already, and means it.
    stops = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    for number in stops:
        loop.add_signal_handler(number, me.cancel)
    try:
        await bring_up(settings, data, listeners, house)
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        me.uncancel()
        say("正在停止 / stopping")
    finally:
        for number in stops:
            loop.add_signal_handler(number, house.hurry.set)
        await take_down(data, house, listeners)


async def bring_up(settings: RunSettings, data: DataDir, listeners: Listeners, house: Supervisor) -> None:
    """Redis, schema, demo data, processes, readiness: in this order, each with a word."""
    ours = settings.for_platform(data)
    data.empty_metrics()
    counting = {"PROMETHEUS_MULTIPROC_DIR": str(data.metrics)}
    sharing = {"COURTESY_FILE": memory(data)}
    house.env = {**settings.given, **sharing, **ours, **counting, "PYTHONUNBUFFERED": "1"}
    house.changed()
    data.write_environment(ours)
    if settings.brings_redis:
        say("启动 Redis / starting Redis")
        house.start(await embedded_redis.program(data.redis, settings.given))
        await embedded_redis.wait_until_it_answers(data.redis, house)
    say("更新数据库结构 / bringing the schema up to date")
    await house.run_step(replace(flask("migrate", "db", "upgrade"), let_it_finish=True, grace_s=60.0))
    if settings.profile == "demo":
        say("准备演示数据 / preparing demo data")
        await house.run_step(seed(settings, data), aloud=True)
    servers = [web(name, settings, listener) for name, listener in listeners.items()]
    programs = (*servers, jobs("worker"), jobs("scheduler"))
    names = [program.name for program in programs]
    say(f"启动 {'、'.join(names)} / starting {', '.join(names)}")
    for program in programs:
        house.start(program)
    for listener in listeners.values():
        await wait_until_ready(listener.getsockname()[1], house)
    till_url = f"http://{HOST}:{settings.till_port}/merchant/v1" if settings.till_port else None
    say_plain(banner(f"http://{HOST}:{settings.port}", till_url, data))


def memory(data: DataDir) -> str:
    """A file in memory that lasts as long as this run; on a system without such files one of the data directory."""
    if not hasattr(os, "memfd_create"):
        return str(data.path / "courtesy")
    return f"/proc/{os.getpid()}/fd/{os.memfd_create('courtesy')}"


async def take_down(data: DataDir, house: Supervisor, listeners: Listeners) -> None:
    """Whoever writes stops first, Redis last, and only then is the run over."""
    await house.stop(*listeners, "worker", "scheduler")
    for listener in listeners.values():
        listener.close()
    await house.stop("redis")
    data.clear_state()
    say("已全部停止 / all stopped")


def flask(name: str, *args: str) -> Program:
    """One of our own commands, as a step."""
    return Program(name=name, command=leash.on_module("flask", "--app", "wsgi", *args))


def seed(settings: RunSettings, data: DataDir) -> Program:
    """The demo data, if it is not there yet; its terminal belongs to the progress bar."""
    town = ["--small"] if settings.demo_town == "small" else []
    step = flask("seed", "demo", "seed", "--logins", str(data.demo), *town)
    return replace(step, command=[*QUIET, *step.command])


def web(name: str, settings: RunSettings, listener: socket.socket) -> Program:
    """gunicorn on the inherited socket: while it starts again, connections wait in the queue instead of failing."""
    is_for_tills = name == "till"
    options = {
        "worker-class": "app.web.worker.Worker",
        "workers": settings.till_workers if is_for_tills else settings.web_workers,
        "bind": f"fd://{listener.fileno()}",
        "timeout": 30,
        "graceful-timeout": 3,
        "keep-alive": 20,
        "log-level": "info",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    # The control socket would lie in the user's home, one for all runs.
    # Preloaded: the application is imported once, and a worker that takes a dead one's place is there at once.
    command = leash.on_module("gunicorn", "--no-control-socket", "--preload", *flags, "wsgi:application")
    if settings.till_port and not is_for_tills:  # it gives way to the tills' own, and to the database of both
        command = politely(command)
    return Program(name=name, command=command, fds=(listener.fileno(),))


def jobs(role: str) -> Program:
    """The RQ worker or the scheduler. A job in flight gets ten seconds to end; its lease covers the rest."""
    return Program(name=role, command=politely(leash.on_module("workers.run", role)), grace_s=10.0)


async def wait_until_ready(port: int, house: Supervisor) -> None:
    """Return when /readyz says 200 and nobody keeps dying. Raises CannotStart without hope or out of patience."""
    deadline = time.monotonic() + READY_PATIENCE_S
    while True:
        status, answer = await ask_ready(port)
        if status == 200 and house.settled():
            return
        house.check_hope()
        if time.monotonic() > deadline:
            raise CannotStart(
                f"{READY_PATIENCE_S:g} 秒内未就绪 / not ready in time, /readyz: {status or ''} {answer}"
            )
        await asyncio.sleep(0.2)


async def ask_ready(port: int) -> tuple[int, str]:
    """Status and body of /readyz; (0, reason) when there is no answer within two seconds."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET /readyz HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode())
                head, _, body = (await reader.read()).decode(errors="replace").partition("\r\n\r\n")
            finally:
                writer.close()
        return int(head.split()[1]), body.strip()
    except (OSError, TimeoutError, ValueError, IndexError) as reason:
        return 0, f"{type(reason).__name__} {reason}"


def write_state(settings: RunSettings, data: DataDir, house: Supervisor) -> None:
    """Keep the state file true: it is what the next start finds if this one is killed."""
    pids = {name: child.pid for name, child in house.children.items() if child.pid}
    data.write_state({"pid": os.getpid(), "port": settings.port, "children": pids})


if __name__ == "__main__":
    sys.exit(main())
