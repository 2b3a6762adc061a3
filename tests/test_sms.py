"""Short messages on their way out."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.sms import ConsoleSms, FileSms, SmsSender, sms_from

MESSAGE = ("13800138000", "验证码 123456，\n5 分钟内有效", "123456")


def test_a_message_is_one_json_line(tmp_path: Path):
    """With the moment it was sent, in Shanghai time."""
    FileSms(tmp_path / "sms.jsonl").send(*MESSAGE)
    (line,) = (tmp_path / "sms.jsonl").read_text("utf-8").splitlines()
    sent = json.loads(line)
    at = datetime.fromisoformat(sent.pop("at"))
    assert sent == dict(zip(("phone", "text", "code"), MESSAGE, strict=True))
    assert at.utcoffset() == timedelta(hours=8)


def test_messages_are_added_at_the_end(tmp_path: Path):
    """Nothing is overwritten."""
    sender = FileSms(tmp_path / "sms.jsonl")
    for code in ("111111", "222222"):
        sender.send("13800138000", "验证码", code)
    lines = (tmp_path / "sms.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["111111", "222222"]


def test_only_the_owner_can_read_the_file(tmp_path: Path):
    """It holds codes that open accounts."""
    FileSms(tmp_path / "sms.jsonl").send(*MESSAGE)
    assert stat.S_IMODE((tmp_path / "sms.jsonl").stat().st_mode) == 0o600


def test_senders_at_the_same_time_do_not_mix_their_lines(tmp_path: Path):
    """Eight threads, four hundred whole lines."""
    path = tmp_path / "sms.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: FileSms(path).send("13800138000", "长" * 500, str(n)), range(400)))
    codes = [json.loads(line)["code"] for line in path.read_text("utf-8").splitlines()]
    assert sorted(codes, key=int) == [str(n) for n in range(400)]


def test_a_full_disk_is_an_error():
    """/dev/full takes nothing: the caller must not believe the message is out."""
    with pytest.raises(OSError, match="space"):
        FileSms(Path("/dev/full")).send(*MESSAGE)


def test_the_console_shows_one_line(capsys: pytest.CaptureFixture[str]):
    """Even for a text with a line break in it."""
    ConsoleSms().send(*MESSAGE)
    printed = capsys.readouterr().out
    assert printed.startswith("SMS {") and printed.count("\n") == 1 and "123456" in printed


def test_the_setting_chooses_the_sender(tmp_path: Path):
    """Two kinds, one protocol."""
    senders: list[SmsSender] = [sms_from("console"), sms_from(f"file:{tmp_path}/sms.jsonl")]
    assert senders == [ConsoleSms(), FileSms(tmp_path / "sms.jsonl")]


@pytest.mark.parametrize(
    "sink", ["", "Console", "console:", "file:", "file:sms.jsonl", "https://sms.example"]
)
def test_an_unknown_setting_is_refused(sink: str):
    """At start-up, not at the first message."""
    with pytest.raises(ValueError, match="SMS_SINK"):
        sms_from(sink)
