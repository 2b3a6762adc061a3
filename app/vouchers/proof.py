"""What an order brings to prove its holder, and whose it is: a look without effect, before anything is locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from app.ankang import paper, reading, scan, verify


class Proof(NamedTuple):
    """An earlier scan by its id, or digits that were read. Both None: a token that is none of ours."""

    scan_id: str | None = None
    digits: reading.Digits | None = None


@dataclass(frozen=True)
class Found:
    """The rows behind proofs. A scan is its terminal's own: it is looked for by both."""

    scans: Mapping[scan.Name, Row[Any]]
    holders: Mapping[reading.Handle, str]
    papers: Mapping[str, Row[Any]]

    def citizen_of(self, proof: Proof, terminal_id: str) -> str | None:
        """Whose it is, at this terminal; None where it leads to nobody."""
        row = self._sheet_read(proof) or self._scan_of(proof, terminal_id)
        if row is not None:
            return str(row.citizen_id)
        digits = proof.digits
        return self.holders.get(digits.handle) if digits and digits.handle else None

    def sheet_of(self, proof: Proof, terminal_id: str) -> paper.Sheet | None:
        """The sheet of paper behind it."""
        row = self._sheet_read(proof)
        if row is not None:
            return paper.Sheet(row.sheet_id, row.voucher_id)
        found = self._scan_of(proof, terminal_id)
        return None if found is None else paper.of_scan(found)

    def _sheet_read(self, proof: Proof) -> Row[Any] | None:
        return self.papers.get(proof.digits.mark) if proof.digits and proof.digits.mark else None

    def _scan_of(self, proof: Proof, terminal_id: str) -> Row[Any] | None:
        return self.scans.get((proof.scan_id, terminal_id)) if proof.scan_id else None


def read(scan_token: str | None, code: str | None) -> Proof:
    """The token of a scan, or a code, as it was sent."""
    if code is not None:
        return Proof(digits=reading.parsed(code))
    return Proof(None if scan_token is None else scan.id_in(scan_token))


def find(connection: Connection, proofs: Sequence[Proof]) -> Callable[[], Found]:
    """Whose these are; calling what is returned tells it."""
    scans = scan.look(connection, {each.scan_id for each in proofs if each.scan_id})
    digits = [each.digits for each in proofs if each.digits]
    holders = verify.holders_of(connection, {each.handle for each in digits if each.handle})
    papers = paper.look(connection, {each.mark for each in digits if each.mark})
    return lambda: Found(scans(), holders(), papers())
