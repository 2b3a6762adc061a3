"""The tills of a platform under the bench: shops, citizens in line, every request written and signed beforehand.

What a till costs itself, the signature above all, is the generator's: it is spent before anything is measured. A
signature is good for 300 s, a code for 60 s and more, the token of a scan for 180 s; so a line is prepared when it is
needed, and in pieces. Every order has another amount: the same one again within a minute would be asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from typing import Any

from sqlalchemy import text

from loadtest.bench.fire import HOST, NoNumber, Shots, fire
from loadtest.bench.platform import Platform, Release, wait_until
from loadtest.bench.rounds import CLIENTS, Door, need
from loadtest.replay.wire import signed

TILLS = 20
LEAST_FEN = 10_000
DISPLAYS, SCANS, REDEMPTIONS = (
    "/api/v1/ankang-code/displays",
    "/merchant/v1/scans",
    "/merchant/v1/redemptions",
)
UNKNOWN_ORDER = f"{REDEMPTIONS}?order_no=none"
CODE, TOKEN = '"code":%s*"(%d+)"', '"scan_token":%s*"([^"]+)"'
# Of a batch's holders: what pays by the code that stands for them, and by the scan that waits for its order.
BY_CODE = text(
    "SELECT h.epoch, h.handle, v.id FROM voucher v JOIN code_handle h ON h.citizen_id = v.citizen_id"
    " WHERE v.batch_id = :batch_id AND h.status = 'live'"
)
BY_SCAN = text(
    "SELECT s.id, s.terminal_id, v.id FROM voucher v JOIN scan s ON s.citizen_id = v.citizen_id"
    " WHERE v.batch_id = :batch_id AND s.result = 'accepted' AND s.order_no IS NULL"
)


@dataclass(frozen=True)
class Till:
    """A terminal with its key."""

    terminal_id: str
    key_id: str
    secret: bytes

    def request(self, port: int, method: str, target: str, key: str = "", body: Any = None) -> str:
        """A request as it is sent, signed now; without a key only what changes nothing."""
        content = json.dumps(body) if body else ""
        head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
        head += signed(self.key_id, self.secret, port, method, target, key, content.encode())
        if content:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        return f"{head}\r\n{content}"


class Shops:
    """The tills of one platform, and the citizens who come next."""

    def __init__(self, platform: Platform, citizens: int) -> None:
        self.platform = platform
        self.tills = {till.terminal_id: till for till in (_opened(platform, n) for n in range(TILLS))}
        self.turns = cycle(self.tills.values())
        self.numbers = count(1)
        self._citizens = citizens
        self._next = 0

    def line(self, vouchers: int) -> Line:
        """A batch of so many vouchers for the citizens who come next. It is open."""
        release = self.platform.release(vouchers)
        wait_until(release.opens_at)
        return Line(self, release)

    def next_citizens(self, wanted: int) -> int:
        """The first of so many who stand beside one another in the file of sessions; it is gone through in a ring."""
        first = self._next if self._next + wanted <= self._citizens else 0
        self._next = first + wanted
        return first

    def written(self, requests: Iterable[str], keep: str = "") -> Shots:
        """Requests for the generator, which reads them before it begins: so one file is enough."""
        file, lines = self.platform.data_dir / "written", [each.replace("\r\n", "\t") for each in requests]
        file.write_text("".join(f"{line}\n" for line in lines))
        return Shots("POST", "/", len(lines), written=file, keep=keep)

    def displays(self, first: int, wanted: int) -> Shots:
        """Citizens show their codes, from this one on."""
        return Shots("POST", DISPLAYS, wanted, self.platform.tokens, first, keep=CODE)

    def unsigned(self, _first: int, wanted: int) -> Shots:
        """A read that nobody has signed."""
        return Shots("GET", UNKNOWN_ORDER, wanted)

    def read(self, port: int, _first: int, wanted: int) -> Shots:
        """The same read, signed: the least that a till can ask."""
        return self.written(next(self.turns).request(port, "GET", UNKNOWN_ORDER) for _ in range(wanted))


@dataclass
class Line:
    """Holders of one batch on their way to the tills."""

    shops: Shops
    release: Release
    scanned: list[str] = field(default_factory=list)
    _by_scan: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def show(self, wanted: int, *, rests: bool = True) -> Sequence[str]:
        """So many more claim a voucher and show their codes, when all `rests` (before what warms up it need not).

        Returns the codes.
        """
        platform = self.shops.platform
        first = self.shops.next_citizens(wanted)
        claims = fire(platform.port, self.release.shots(platform.tokens, first, wanted), CLIENTS)
        need("claims of a line", claims, 201)
        self.release.granted += wanted
        self.release.sent += wanted
        if rests:
            platform.come_to_rest()  # before codes are shown: they are good for a minute
        shown = fire(platform.port, self.shops.displays(first, wanted), CLIENTS)
        need("displays of a line", shown, 201)
        if len(set(shown.kept)) != wanted:
            raise NoNumber(f"{wanted} displays, {len(set(shown.kept))} codes")
        return shown.kept

    def scans(self, door: Door, first: int, wanted: int) -> Shots:
        """So many more customers' codes, to be scanned; the answers' tokens are kept."""
        return self._scans_of(door.port, self.show(wanted, rests=first > 0))

    def _scans_of(self, port: int, codes: Sequence[str]) -> Shots:
        return self.shops.written(
            (
                next(self.shops.turns).request(
                    port, "POST", SCANS, f"scan-{number:08d}", {"code": code, "purpose": "voucher"}
                )
                for number, code in zip(self.shops.numbers, codes, strict=False)
            ),
            keep=TOKEN,
        )

    def scan(self, wanted: int) -> None:
        """So many more customers are scanned, at the platform's own door."""
        port = self.shops.platform.port
        hits = fire(port, self._scans_of(port, self.show(wanted)), CLIENTS)
        need("scans of a line", hits, 201)
        self.take_in(hits.kept)

    def take_in(self, tokens: Sequence[str]) -> None:
        """Tokens of scanned customers, and what is theirs."""
        self.scanned += tokens
        with self.shops.platform.looking() as connection:
            rows = connection.execute(BY_SCAN, {"batch_id": self.release.batch_id})
            self._by_scan = {scan_id: (terminal_id, voucher_id) for scan_id, terminal_id, voucher_id in rows}

    def redemptions(self, door: Door, first: int, wanted: int) -> Shots:
        """Orders of scanned customers, from the n-th on."""
        return self.shops.written(self.orders(door.port, first, wanted))

    def orders(self, port: int, first: int, wanted: int) -> list[str]:
        """The same, as requests."""
        return [self._order_by_token(port, token) for token in self.scanned[first : first + wanted]]

    def calls(self, door: Door, first: int, wanted: int) -> Shots:
        """Orders of so many more customers, each with its code: one call."""
        codes = self.show(wanted, rests=first > 0)
        with self.shops.platform.looking() as connection:
            rows = connection.execute(BY_CODE, {"batch_id": self.release.batch_id})
            vouchers = {f"{epoch}{handle}": voucher_id for epoch, handle, voucher_id in rows}
        sell = partial(self._order, door.port)
        return self.shops.written(
            sell(next(self.shops.turns), vouchers[code[2:12]], {"code": code}) for code in codes
        )

    def _order_by_token(self, port: int, token: str) -> str:
        terminal_id, voucher_id = self._by_scan[token.partition(".")[0]]
        return self._order(port, self.shops.tills[terminal_id], voucher_id, {"scan_token": token})

    def _order(self, port: int, till: Till, voucher_id: str, proof: Mapping[str, str]) -> str:
        number = next(self.shops.numbers)
        order = {"voucher_ids": [voucher_id], "order_no": f"B-{number:08d}", "gross_fen": LEAST_FEN + number}
        return till.request(port, "POST", REDEMPTIONS, f"redeem-{number:08d}", {**proof, **order})


def _opened(platform: Platform, number: int) -> Till:
    """A till in a store of a merchant of its own."""
    organizer = platform.organizer
    merchant_id = organizer.post("merchants", {"name": f"压测商户{number:02d}"}).body["merchant_id"]
    store = {"name": f"压测门店{number:02d}", "area": "大观区"}
    store_id = organizer.post(f"merchants/{merchant_id}/stores", store).body["store_id"]
    terminal_id = organizer.post(f"stores/{store_id}/terminals", {"name": "收银台"}).body["terminal_id"]
    key = organizer.post(f"terminals/{terminal_id}/keys").body
    return Till(terminal_id, key["key_id"], key["secret"].encode())
