"""Made-up citizens of a mountain district: names, ID numbers by GB 11643, phone numbers. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅鑫宇轩子涵欣怡浩然"
# The area of first registration: prefecture codes up to 1999, city codes since the city was founded.
AREAS_BEFORE = [f"6124{county}" for county in range(22, 31)]
AREAS_SINCE = ["610902", "610921", "610922", "610923", "610924", "610925", "610926", "610927", "610929"]
OLDEST, CITY_FOUNDED, YOUNGEST = date(1945, 1, 1), date(2000, 12, 31), date(2007, 12, 31)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Identity:
    """What a citizen types into the application form."""

    name: str
    id_number: str
    phone: str


def identities(rng: random.Random, count: int) -> list[Identity]:
    """`count` different persons with different phones."""
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        numbers[_id_number(rng)] = None
    phones = rng.sample(range(10**8), count)
    return [
        Identity(_name(rng), number, f"139{phone:08d}") for number, phone in zip(numbers, phones, strict=True)
    ]


def _name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))


def _id_number(rng: random.Random) -> str:
    born = OLDEST + timedelta(days=rng.randrange((YOUNGEST - OLDEST).days))
    area = rng.choice(AREAS_SINCE if born > CITY_FOUNDED else AREAS_BEFORE)
    body = f"{area}{born:%Y%m%d}{rng.randrange(1, 1000):03d}"
    return body + check_character(body)


def check_character(body: str) -> str:
    """The 18th character of an ID number (GB 11643, ISO 7064 MOD 11-2)."""
    remainder = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11
    return "10X98765432"[remainder]
