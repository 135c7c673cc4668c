# Reads a code on paper with python-cwt, an independent library: what it says
# as JSON, or why it is refused.  "paper_reader.py keys.json < code"; see
# kinship_paper.t.

import json
import sys

import cwt

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(text):
    out = b""
    for i in range(0, len(text), 3):
        part = text[i:i + 3]
        value = sum(ALPHABET.index(c) * 45 ** n for n, c in enumerate(part))
        out += value.to_bytes(len(part) - 1, "big")
    return out


with open(sys.argv[1], encoding="utf-8") as file:
    KEYS = [cwt.COSEKey.from_pem(key["public_key"],
                                 kid=bytes.fromhex(key["key_id"]))
            for key in json.load(file)["keys"]]

text = sys.stdin.read().rstrip("\n")
assert text.startswith("CIVIC1:")
try:
    claims = cwt.decode(base45(text[7:]), KEYS)
    claims[7] = claims[7].hex()
    print(json.dumps(claims))
except Exception as error:  # pylint: disable=broad-except
    print(json.dumps({"refused": str(error)}))
