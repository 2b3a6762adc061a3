"""Base45 (RFC 9285): bytes as letters of which a QR code holds two in eleven bits."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def encode(data: bytes) -> str:
    """Two bytes become three letters, a last one two; so the texts of even parts may be put together."""
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    return "".join(_letters(int.from_bytes(pair, "big"), len(pair) + 1) for pair in pairs)


def decode(text: str) -> bytes:
    """The bytes of a text. Raises ValueError for a text that `encode` never makes."""
    if not set(text) <= set(ALPHABET):
        raise ValueError("no base45")
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    return b"".join(_bytes(group) for group in groups)


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[number // 45**place % 45] for place in range(count))


def _bytes(group: str) -> bytes:
    number = sum(ALPHABET.index(letter) * 45**place for place, letter in enumerate(group))
    count = len(group) - 1
    if count == 0 or number >= 256**count:
        raise ValueError("no base45")
    return number.to_bytes(count, "big")
