"""Playing the list once, and comparing the books afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtest.certify import books
from loadtest.certify.books import Books, Row
from loadtest.certify.case import Case
from loadtest.certify.client import BadClient, Client
from loadtest.certify.proxy import Losses, Proxy
from loadtest.certify.sandbox import Sandbox, Terminal
from loadtest.certify.stage import Failed, Stage

# What reading an answer raises that lacks what it should have.
SENSELESS = (KeyError, TypeError, ValueError, AttributeError, IndexError)
PLAIN, LOSSY = Losses(), Losses(drop_each=10, double_each=20)


@dataclass(frozen=True)
class Result:
    """How one case ended; `why` is empty where it is passed."""

    case: Case
    why: str
    seconds: float


@dataclass
class Run:
    """One playing of the list. `rows`: what the client said, by the order's name without the prefix."""

    name: str
    results: list[Result] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    requests: int = 0
    dropped: int = 0
    doubled: int = 0

    @property
    def holds(self) -> bool:
        """Whether every case is passed and the books agree."""
        return not self.differences and not any(result.why for result in self.results)


@dataclass(frozen=True)
class Plan:
    """What is played with which client, how orders are named, until when (monotonic), and where files may lie."""

    cases: Sequence[Case]
    command: Sequence[str]
    terminal: Terminal
    secret_file: Path
    prefix: str
    deadline: float
    scratch: Path


def play(plan: Plan, name: str, losses: Losses, tell: Callable[[Result], None]) -> Run:
    """The whole list through a proxy of these losses. Raises NoSandbox."""
    run, said, prefix = Run(name), Books(), f"{plan.prefix}-{name}-"
    sandbox = Sandbox(plan.terminal)
    sandbox.open()
    since = sandbox.now()
    with _proxy(plan, losses, run) as proxy:
        for case in plan.cases:
            journal = plan.scratch / f"{name}-{case.id}.db"
            client = Client(plan.command, proxy.url, plan.terminal, plan.secret_file, journal)
            stage = Stage(sandbox, proxy, client, said, f"{prefix}{case.id}")
            run.results.append(_result(case, stage, plan.deadline))
            tell(run.results[-1])
    queried = {order_no: books.of_query(sandbox.find(order_no)) for order_no in said.rows}
    listed = {item["order_no"]: books.of_listing(item) for item in sandbox.listing(since)}
    run.differences = books.differences(said.rows, queried, listed, prefix)
    run.rows = books.normalised(said.rows, prefix)
    return run


@contextmanager
def _proxy(plan: Plan, losses: Losses, run: Run) -> Iterator[Proxy]:
    with Proxy(plan.terminal, losses).running() as proxy:
        yield proxy
    run.requests = len(proxy.exchanges)
    run.dropped = sum(each.dropped for each in proxy.exchanges)
    run.doubled = sum(each.doubled for each in proxy.exchanges)


def _result(case: Case, stage: Stage, deadline: float) -> Result:
    began = time.monotonic()
    if began > deadline:
        return Result(case, "超出总时限 the run is out of time", 0.0)
    why = ""
    try:
        case.play(stage)
    except (Failed, BadClient) as word:
        why = str(word)
    except SENSELESS as error:
        why = f"答复不合格式 an answer makes no sense: {error!r}"
    reasons = [why, *dict.fromkeys(stage.faults)]
    return Result(case, "; ".join(reason for reason in reasons if reason), time.monotonic() - began)
