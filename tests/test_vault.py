"""Personal data at rest: what is sealed stays sealed, and equal values can still be found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault import BrokenSeal, Vault

DATA_KEY, INDEX_KEY = b"d" * 32, b"i" * 32
AAD = "citizen.name|ctz_01"
vault = Vault(DATA_KEY, INDEX_KEY)


@given(st.text(), st.text())
def test_what_is_sealed_opens_again_in_its_context(plain: str, aad: str):
    """Any text, the empty one too."""
    assert vault.open(vault.seal(plain, aad), aad) == plain


def test_the_same_text_never_gives_the_same_box():
    """A fresh nonce each time: boxes tell nothing about equality."""
    assert len({vault.seal("张三丰", AAD) for _ in range(100)}) == 100


def test_a_box_does_not_hold_its_text():
    """Not even a part of it."""
    assert "张".encode() not in vault.seal("张三丰", AAD)


def test_a_box_moved_to_another_row_does_not_open():
    """The context is part of the seal."""
    with pytest.raises(BrokenSeal):
        vault.open(vault.seal("张三丰", AAD), "citizen.name|ctz_02")


@given(st.data())
def test_a_box_with_one_changed_bit_does_not_open(data: st.DataObject):
    """Version, nonce, text and tag alike."""
    box = bytearray(vault.seal("11010519491231002X", AAD))
    bit = data.draw(st.integers(0, len(box) * 8 - 1))
    box[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenSeal):
        vault.open(bytes(box), AAD)


@given(st.binary(max_size=80))
def test_bytes_that_are_no_box_are_a_broken_seal(box: bytes):
    """Never another exception, so one handler is enough."""
    with pytest.raises(BrokenSeal):
        vault.open(box, AAD)


def test_another_key_does_not_open_a_box():
    """And the message says nothing about the content."""
    with pytest.raises(BrokenSeal) as broken:
        Vault(b"x" * 32, INDEX_KEY).open(vault.seal("张三丰", AAD), AAD)
    assert "张" not in str(broken.value)


def test_an_index_is_equal_for_equal_values_only():
    """64 hex characters, the same in every process that holds the key."""
    index = vault.blind_index("id_number", "11010519491231002X")
    assert index == Vault(b"x" * 32, INDEX_KEY).blind_index("id_number", "11010519491231002X")
    assert index != vault.blind_index("id_number", "110105194912310011")
    assert len(index) == 64 and int(index, 16)


def test_an_index_tells_nothing_across_kinds_or_keys():
    """A phone that looks like an ID number does not meet it."""
    assert vault.blind_index("phone", "1") != vault.blind_index("id_number", "1")
    assert vault.blind_index("phone", "1") != Vault(DATA_KEY, b"x" * 32).blind_index("phone", "1")


@pytest.mark.parametrize("keys", [(b"d" * 16, INDEX_KEY), (DATA_KEY, b""), (b"", b"")])
def test_a_vault_refuses_short_keys(keys: tuple[bytes, bytes]):
    """AES would take 16 bytes without a word."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(*keys)


def test_a_vault_does_not_show_its_keys():
    """Neither in a log line nor in a traceback with locals."""
    assert "ddd" not in repr(vault) and "iii" not in repr(vault)
