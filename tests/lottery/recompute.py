"""A stranger's check of a lottery: `python recompute.py FILE`, from docs/lottery.md alone, nothing of the platform."""

import hashlib
import json
import sys
from pathlib import Path


def sha256(data):
    return hashlib.sha256(data).digest()


head, *rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
seed, value = bytes.fromhex(head["seed"]), head["public_value"].encode()
numbers = [row[0] for row in rows]
list_hash = sha256("".join(number + "\n" for number in numbers).encode())
if sha256(seed).hex() != head["commitment"]:
    sys.exit("another seed was promised")
if numbers != sorted(set(numbers)) or list_hash.hex() != head["list_sha256"]:
    sys.exit("another list was published")
key = sha256(seed + list_hash + value)
drawn = sorted(numbers, key=lambda number: sha256(key + number.encode()))[: head["places"]]
if drawn != [row[0] for row in sorted((row for row in rows if len(row) == 2), key=lambda row: row[1])]:
    sys.exit("these are not the winners")
sys.stdout.write(f"{len(drawn)} {hashlib.sha256(''.join(drawn).encode()).hexdigest()}\n")
