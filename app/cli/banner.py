"""What the start command prints once everything answers: where to look and whom to log in as."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from app.cli.data_dir import DataDir

LINE = "─" * 78
# The fields of a demo login that name its secret, in the order of preference.
SECRETS = ("password", "phone", "key_file", "key file")


def banner(base_url: str, till_url: str | None, data: DataDir) -> str:
    """The whole notice, Chinese first; `till_url` where tills have processes of their own."""
    rows = [
        ("居民 Citizens", f"{base_url}/c/"),
        ("收银台 Web till", f"{base_url}/till/"),
        ("管理台 Console", f"{base_url}/console/"),
        ("首页 Front page", f"{base_url}/"),
        ("收银接口 POS", till_url or f"{base_url}/merchant/v1"),
        ("接口文档 OpenAPI", f"{base_url}/openapi.json"),
        ("就绪检查 Readiness", f"{base_url}/readyz"),
        ("短信 SMS codes", _near(data.sms)),
        ("日志 Logs", _near(data.logs)),
        (
            "命令行 Shell",
            f"set -a; . {quote(_near(data.environment))}; set +a; .venv/bin/flask --app wsgi --help",
        ),
    ]
    lines = [LINE, "安康码消费券平台已就绪 / The Ankang voucher platform is ready", ""]
    lines += [f"  {_padded(name, 22)}{text}" for name, text in rows]
    logins = list(_logins(data.demo))
    if logins:
        lines += ["", "  演示账号 Demo logins", *logins]
    return "\n".join([*lines, "", "  Ctrl-C 停止 / stops everything", LINE])


def _logins(path: Path) -> Iterator[str]:
    """One line per demo login, in columns; none when there was no seed."""
    rows = [_login(entry) for entry in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "    " + "  ".join(map(_padded, row, widths)).rstrip()


def _login(entry: dict[str, str]) -> tuple[str, ...]:
    secret = next((entry[field] for field in SECRETS if entry.get(field)), "")
    return entry.get("role", ""), entry.get("login", ""), secret, entry.get("note", "")


def _near(path: Path) -> str:
    """Relative to where the command was started, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _columns(text: str) -> int:
    """How wide a terminal draws it: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))
