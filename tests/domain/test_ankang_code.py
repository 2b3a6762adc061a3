"""The 20-digit code: its shape, its password, its life."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from app.domain import ankang_code as ankang
from app.domain.ankang_code import STEP_MS, Code, Verdict

MASTER = bytes(range(32))
HANDLE = "402718365"
SEED = ankang.seed_of(MASTER, HANDLE)
NOW = 1_790_000_012_345
STEP = NOW // STEP_MS
NEVER = 0

numerals = st.text("0123456789", min_size=1, max_size=40)
codes = st.builds(
    Code,
    epoch=st.integers(0, 9),
    handle=st.from_regex(r"[0-9]{9}", fullmatch=True),
    otp=st.from_regex(r"[0-9]{7}", fullmatch=True),
)


def code_of(step: int) -> Code:
    """What the phone shows in this step."""
    return Code(1, HANDLE, ankang.otp_at(SEED, step))


def judge(code: Code, *, now_ms: int = NOW, last_step: int = NEVER, issued_step: int = STEP - 1000):
    """The verdict with everything but the interesting part filled in."""
    return ankang.verdict(SEED, code, now_ms, last_step, issued_step)


# the digits


@given(codes)
def test_a_code_reads_back_as_it_was_written(code: Code):
    """Digits and parts are two forms of one value."""
    assert len(code.digits) == 20
    assert ankang.parse(code.digits) == code


@given(codes)
def test_spaces_around_and_between_the_digits_do_not_matter(code: Code):
    """People type the digits in groups of four."""
    grouped = " ".join(code.digits[i : i + 4] for i in range(0, 20, 4))
    assert ankang.parse(f"\t {grouped}\r\n") == code


@given(st.text())
def test_no_text_makes_the_reader_raise(text: str):
    """A scanner may deliver anything."""
    assert ankang.parse(text) is None or len(text.strip()) >= 20


@pytest.mark.parametrize(
    "text",
    [
        "",
        "88",
        "\ud800",
        "8" * 10**6,
        "٨٨" + "١" * 18,
        "８８" + "１" * 18,
        "88-1234-1234-1234-1234",
        "88²" + "1" * 17,
    ],
)
def test_what_is_not_twenty_ascii_digits_is_no_code(text: str):
    """Full-width and Arabic digits are digits to Python, not to us."""
    assert ankang.parse(text) is None


def test_a_code_of_another_service_is_no_code():
    """The prefix is checked, not only the check digit."""
    body = "89" + Code(1, HANDLE, "1234567").digits[2:-1]
    assert ankang.parse(body + ankang.check_digit(body)) is None


@given(codes, st.integers(0, 19), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(code: Code, place: int, shift: int):
    """The promise of MOD 11,10."""
    digits = code.digits
    wrong = str((int(digits[place]) + shift) % 10)
    assert ankang.parse(digits[:place] + wrong + digits[place + 1 :]) is None


@given(numerals)
def test_the_check_digit_is_that_of_iso_7064(digits: str):
    """An independent implementation agrees."""
    assert ankang.check_digit(digits) == mod_11_10.calc_check_digit(digits)


def test_the_check_digit_of_the_standard_s_example():
    """0794 has the check digit 5 (ISO/IEC 7064, MOD 11,10)."""
    assert ankang.check_digit("0794") == "5"


def test_no_log_line_can_replay_a_code():
    """The password is not in the repr."""
    shown = ankang.display(MASTER, 1, HANDLE, NOW)
    code = ankang.parse(shown.digits)
    assert code is not None
    assert code.otp not in repr(code) and code.otp not in repr(shown)


# the password


def test_the_seed_is_the_first_block_of_rfc_5869():
    """Test case 1 of the RFC, of which one block is the first 32 bytes."""
    prk = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    assert ankang.hkdf_expand(prk, bytes.fromhex("f0f1f2f3f4f5f6f7f8f9")).hex() == okm[:64]


def test_the_seed_of_a_handle_is_an_hkdf_of_the_master_key():
    """The cryptography library derives the same seed from the documented info."""
    expand = HKDFExpand(algorithm=SHA256(), length=32, info=b"ankang/otp/v1|" + HANDLE.encode())
    assert expand.derive(MASTER) == SEED


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**40))
def test_a_password_is_always_seven_digits(seed: bytes, step: int):
    """Leading zeros are kept."""
    otp = ankang.otp_at(seed, step)
    assert len(otp) == 7 and otp.isascii() and otp.isdigit()


def test_the_password_of_a_known_step_never_changes():
    """Phones compute it too, so the algorithm is frozen."""
    assert [ankang.otp_at(SEED, step) for step in (0, 1, 59_666_667)] == ["5396712", "3539685", "6648001"]


def test_another_epoch_or_handle_has_other_passwords():
    """Seeds are independent."""
    other_key = ankang.seed_of(bytes(32), HANDLE)
    other_handle = ankang.seed_of(MASTER, "402718366")
    assert len({SEED, other_key, other_handle}) == 3


# its life


@given(st.integers(0, STEP_MS * 10**8))
def test_a_display_lives_until_two_steps_after_its_own(now_ms: int):
    """Redrawn at the end of the step; 60 to 90 seconds of life from being drawn."""
    shown = ankang.display(MASTER, 1, HANDLE, now_ms)
    assert shown.step * STEP_MS <= now_ms < shown.refresh_at_ms
    assert shown.refresh_at_ms == (shown.step + 1) * STEP_MS
    assert shown.expires_at_ms == (shown.step + 3) * STEP_MS


def test_a_code_is_good_until_the_millisecond_before_it_expires():
    """`expires_at_ms` is exact and half-open."""
    shown = ankang.display(MASTER, 1, HANDLE, NOW)
    code = ankang.parse(shown.digits)
    assert code is not None
    assert judge(code, now_ms=shown.expires_at_ms - 1) == (Verdict.ACCEPTED, shown.step)
    assert judge(code, now_ms=shown.expires_at_ms) == (Verdict.EXPIRED, shown.step)


@pytest.mark.parametrize("step", range(STEP - 2, STEP + 2))
def test_the_window_is_two_steps_back_and_one_ahead(step: int):
    """A phone's clock may run up to one step ahead."""
    assert judge(code_of(step)) == (Verdict.ACCEPTED, step)


def test_a_code_from_the_future_is_wrong():
    """Two steps ahead is outside."""
    assert judge(code_of(STEP + 2)) == (Verdict.WRONG, None)


@given(st.integers(-400, 3), st.integers(-400, 3))
def test_a_used_step_and_all_before_it_are_consumed(age: int, last_age: int):
    """Whatever is accepted is newer than the last use; nothing at or before the last use is ever accepted."""
    step, last_step = STEP + age, STEP + last_age
    verdict, found = judge(code_of(step), last_step=last_step)
    assert verdict is not Verdict.ACCEPTED or (found == step > last_step and -2 <= age <= 1)
    assert verdict is not Verdict.CONSUMED or found == step <= last_step


def test_a_code_shown_twice_is_consumed():
    """One use."""
    verdict, step = judge(code_of(STEP))
    assert verdict is Verdict.ACCEPTED and step is not None
    assert judge(code_of(STEP), last_step=step) == (Verdict.CONSUMED, step)


def test_an_old_code_that_was_used_is_consumed_not_expired():
    """The till is told the truth: somebody was here before."""
    old = STEP - 10
    assert judge(code_of(old), last_step=old) == (Verdict.CONSUMED, old)
    assert judge(code_of(old), last_step=old - 1) == (Verdict.EXPIRED, old)


def test_a_displayed_code_stays_expired_for_ever():
    """Its handle was drawn in the step of its display, so one look there tells it apart from a made-up one."""
    ages_ago = STEP - 100_000
    assert judge(code_of(ages_ago), issued_step=ages_ago) == (Verdict.EXPIRED, ages_ago)
    assert judge(code_of(ages_ago), issued_step=ages_ago, last_step=ages_ago) == (Verdict.CONSUMED, ages_ago)
    assert judge(code_of(ages_ago + 1), issued_step=ages_ago) == (Verdict.WRONG, None)


def test_other_old_steps_are_remembered_for_two_hours():
    """240 steps behind the window, then a code is as good as made up."""
    assert judge(code_of(STEP - 2 - 240)) == (Verdict.EXPIRED, STEP - 242)
    assert judge(code_of(STEP - 2 - 241)) == (Verdict.WRONG, None)


def test_no_code_is_older_than_its_handle():
    """A step before the handle was made cannot have been on a screen."""
    assert judge(code_of(STEP - 10), issued_step=STEP - 10) == (Verdict.EXPIRED, STEP - 10)
    assert judge(code_of(STEP - 10), issued_step=STEP - 9) == (Verdict.WRONG, None)


def test_a_made_up_password_is_wrong():
    """Any seven digits that belong to no step near."""
    near = {ankang.otp_at(SEED, step) for step in range(STEP - 250, STEP + 5)}
    made_up = next(otp for otp in map("{:07d}".format, range(1000)) if otp not in near)
    assert judge(Code(1, HANDLE, made_up)) == (Verdict.WRONG, None)


def test_two_steps_with_one_password_are_used_up_together(monkeypatch: pytest.MonkeyPatch):
    """The newer step is taken, so the same digits cannot be accepted once more."""
    monkeypatch.setattr(ankang, "otp_at", lambda seed, step: "1234567")
    twin = Code(1, HANDLE, "1234567")
    assert judge(twin) == (Verdict.ACCEPTED, STEP + 1)
    assert judge(twin, last_step=STEP + 1) == (Verdict.CONSUMED, STEP + 1)


def test_the_first_minute_of_1970_is_a_time_like_any_other():
    """A test clock may start at zero; there are no negative steps."""
    assert judge(code_of(0), now_ms=0, last_step=-1, issued_step=0) == (Verdict.ACCEPTED, 0)
