"""A crowd of thousands: seeded, not signed in one by one, and each knocks at the claim door with a key of its own."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.kit.town import Town

AT_ONCE = 200  # fewer than the places two web processes have for claims
PAUSE_S = 0.2
NOT_NOW = 503
Word = tuple[int, str | None]


class Crowd:
    """So many citizens of a town. What they hear: status, and the code of a refusal."""

    def __init__(self, town: Town, count: int) -> None:
        with TemporaryDirectory(prefix="ankang-crowd-") as home:
            tokens = Path(home) / "tokens"
            made = town.flask("seed", "citizens", str(count), "--tokens", str(tokens))
            assert made.returncode == 0, made.stdout + made.stderr
            self._tokens = tokens.read_text().split()
        self._place = urlsplit(town.url).netloc

    def claim(self, batch_id: str, patience_s: float = 0) -> list[Word]:
        """All of them claim, hundreds at a time, connections kept open; a 503 is asked again while patience lasts."""
        queues = [range(first, len(self._tokens), AT_ONCE) for first in range(AT_ONCE)]
        deadline = time.monotonic() + patience_s
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(lambda numbers: self._one_after_another(batch_id, numbers, deadline), queues)
        heard = {
            number: word
            for numbers, words in zip(queues, answers, strict=True)
            for number, word in zip(numbers, words, strict=True)
        }
        return [heard[number] for number in range(len(self._tokens))]

    def _one_after_another(self, batch_id: str, numbers: Sequence[int], deadline: float) -> list[Word]:
        connection = http.client.HTTPConnection(self._place, timeout=30)
        words = []
        for number in numbers:
            word = self._knock(connection, batch_id, number)
            while word[0] == NOT_NOW and time.monotonic() < deadline:
                time.sleep(PAUSE_S)
                word = self._knock(connection, batch_id, number)
            words.append(word)
        connection.close()
        return words

    def _knock(self, connection: http.client.HTTPConnection, batch_id: str, number: int) -> Word:
        headers = {
            "Authorization": f"Bearer {self._tokens[number]}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"crowd-{number:06d}",
        }
        connection.request("POST", f"/api/v1/batches/{batch_id}/claims", b"{}", headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()).get("code")
