# bench/code.c's peer: python-cwt verifies the same code.  "code.py <vectors>
# <seconds>" prints how many a second.

import json
import sys
import time

import cwt
from cwt import COSE

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
DIGITS = {c: n for n, c in enumerate(ALPHABET)}


def base45(text):
    out = bytearray()
    for i in range(0, len(text), 3):
        part = text[i:i + 3]
        value = sum(DIGITS[c] * 45 ** n for n, c in enumerate(part))
        out += value.to_bytes(len(part) - 1, "big")
    return bytes(out)


with open(sys.argv[1], encoding="utf-8") as file:
    vectors = json.load(file)
keys = [cwt.COSEKey.from_pem(key["public_key"],
                             kid=bytes.fromhex(key["key_id"]))
        for key in vectors["keys"]["keys"]]
text = vectors["cases"][0]["text"][len("CIVIC1:"):]
cose = COSE.new()
n = 0
begin = time.monotonic()
while time.monotonic() - begin < float(sys.argv[2]):
    for _ in range(20):
        assert cose.decode(base45(text), keys)
    n += 20
print(round(n / (time.monotonic() - begin)))
