#!/usr/bin/env python3
"""Prints paper-codes.json: printed codes, lists of what is withdrawn, and what
a reader must say of them.  Made with cbor2 and cryptography (PyPI), not with
our own writer, so that it is another's word:

    python3 paper-codes.py > paper-codes.json

Signatures differ each time; what they say does not.
"""

import base64
import hashlib
import json
import struct

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ISSUED = 1790000000
EXPIRES = ISSUED + 168 * 3600
NOW = ISSUED + 3600
KIND, NAME, EXAM, NUMBER = -65553, -65554, -65537, -65538
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(data):
    text = ""
    for i in range(0, len(data), 2):
        part = data[i:i + 2]
        value = int.from_bytes(part, "big")
        for _ in range(len(part) + 1):
            text += ALPHABET[value % 45]
            value //= 45
    return text


class Key:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = self.key.public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        der = public.public_bytes(serialization.Encoding.DER, form)
        self.pem = public.public_bytes(serialization.Encoding.PEM,
                                       form).decode()
        self.id = hashlib.sha256(der).digest()[:8]

    def sign(self, data):
        der = self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


signing, old, stranger = Key(), Key(), Key()


def header_of(key, algorithm=-7):
    return cbor2.dumps({1: algorithm, 4: key.id})


def claims_of(n=1, kind="kin", name="张*", issued=ISSUED, expires=EXPIRES,
              texts=None, more=None):
    claims = {1: "civic.example", 4: expires, 6: issued, 7: bytes([n] * 16)}
    claims.update(texts if texts is not None else {KIND: kind, NAME: name})
    claims.update(more or {})
    return cbor2.dumps(claims)


def seal(claims, key=signing, header=None, unprotected=None, tag=18):
    header = header_of(key) if header is None else header
    signed = cbor2.dumps(["Signature1", header, b"", claims])
    parts = [header, unprotected or {}, claims, key.sign(signed)]
    return cbor2.dumps(cbor2.CBORTag(tag, parts))


def code(data):
    return "CIVIC1:" + base45(data)


def entry(n):
    return hashlib.sha256(bytes([n] * 16)).digest()[:8]


def list_of(entries, made=ISSUED, life=7 * 86400, key=signing, count=None,
            form="civic-revocations-1", said=None):
    count = len(entries) if count is None else count
    body = b"".join(entries)
    signed = "%s\n%s\n%d\n%d\n%d\n" % (form, "civic.example", made,
                                       made + life, count)
    return {"format": form, "issuer": "civic.example",
            "made_at": said if said is not None else made,
            "expires_at": made + life, "count": count,
            "entries": base64.urlsafe_b64encode(body).decode().rstrip("="),
            "key_id": key.id.hex(),
            "signature": base64.urlsafe_b64encode(
                key.sign(signed.encode() + body)).decode().rstrip("=")}


def flip(data, at):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


good = seal(claims_of())
name_at = good.index("张".encode())
some = sorted(entry(n) for n in range(100, 140))
lists = {
    "fresh": list_of(sorted(some + [entry(2)])),
    "empty": list_of([]),
    "late": list_of(some, made=EXPIRES - 3600),
    "by the old key": list_of(some, key=old),
    "changed": dict(list_of(sorted(some + [entry(1)])),
                    entries=list_of(some + [b"\xff" * 8])["entries"]),
    "emptied": dict(list_of(sorted(some + [entry(1)])), entries="", count=0),
    "made younger": list_of(some, said=ISSUED + 1000),
    "by a stranger": list_of(some, key=stranger),
    "unsorted": list_of(sorted(some + [entry(1)], reverse=True)),
    "doubled": list_of(sorted(some + [entry(1), entry(1)])),
    "miscounted": list_of(some, count=len(some) + 1),
    "of another form": list_of(some, form="civic-revocations-2"),
    "over": list_of(sorted(some + [entry(2)]), life=1800),
    "of the future": list_of(some, made=NOW + 3600),
    "no list": {"keys": []},
}

cases = []


def case(name, text, verdict, at=NOW, use="fresh"):
    cases.append({"name": name, "text": text, "at": at, "list": use,
                  "verdict": verdict})


case("a relative's code", code(good), "ok")
case("an own code", code(seal(claims_of(kind="own", name="王*英"))), "ok")
case("signed by the old key", code(seal(claims_of(), old)), "ok")
case("a ticket", code(seal(claims_of(texts={EXAM: "demo", NUMBER: "1"}))),
     "ok", use=None)
case("withdrawn", code(seal(claims_of(2))), "revoked")
case("its last second", code(good), "ok", at=EXPIRES - 1, use="late")
case("its end", code(good), "expired", at=EXPIRES)
case("withdrawn and over", code(seal(claims_of(2))), "expired", at=EXPIRES)
case("before its time", code(good), "early", at=ISSUED - 301)
case("as early as clocks differ", code(good), "ok", at=ISSUED - 300)
case("another name", code(flip(good, name_at + 2)), "forged")
case("another end", code(flip(good, good.index(struct.pack(">I", EXPIRES))
                              + 3)), "forged")
case("another id", code(flip(good, good.index(b"\x01" * 16) + 3)), "forged")
case("another signature", code(flip(good, -1)), "forged")
case("a key that nobody knows", code(seal(claims_of(), stranger)),
     "key_unknown")
case("a stranger under our key's id",
     code(seal(claims_of(), stranger, header=header_of(signing))), "forged")
case("the prefix of others", "HC1:" + base45(good), "other")
case("no prefix", base45(good), "other")
case("the prefix alone", "CIVIC1:", "malformed")
case("nothing", "", "other")
case("an address", "https://example.cn/", "other")
case("lower case", "CIVIC1:" + base45(good).lower(), "malformed")
case("the prefix in lower case", "civic1:" + base45(good), "other")
case("cut", code(good)[:-3], "malformed")
case("a character less", code(good)[:-1], "malformed")
case("a byte more", code(good + b"\x00"), "malformed")
case("digits over 65535", "CIVIC1:" + ":::" + base45(good), "malformed")
case("no tag", code(cbor2.dumps(cbor2.loads(good).value)), "malformed")
case("another tag", code(seal(claims_of(), tag=61)), "malformed")
case("something unprotected",
     code(seal(claims_of(), unprotected={4: signing.id})), "malformed")
case("another algorithm",
     code(seal(claims_of(), header=header_of(signing, -35))), "algorithm")
case("no key's id", code(seal(claims_of(), header=cbor2.dumps({1: -7}))),
     "malformed")
case("the header in another order",
     code(seal(claims_of(), header=cbor2.dumps({4: signing.id, 1: -7}))),
     "malformed")
plain = claims_of()
short = b"\x1a" + struct.pack(">I", EXPIRES)
case("a longer spelling of its end",
     code(seal(plain.replace(short, b"\x1b" + struct.pack(">Q", EXPIRES)))),
     "malformed")
case("a map of unknown length",
     code(seal(b"\xbf" + plain[1:] + b"\xff")), "malformed")
case("a claim more", code(seal(claims_of(more={2: "x"}))), "malformed")
case("a claim twice",
     code(seal(b"\xa7" + plain[1:] + cbor2.dumps(4) + short)), "malformed")
case("a claim less",
     code(seal(cbor2.dumps({1: "civic.example", 4: EXPIRES, 6: ISSUED,
                            KIND: "kin", NAME: "张*"}))), "malformed")
case("an end before its beginning",
     code(seal(claims_of(expires=ISSUED))), "malformed")
case("an end as a text", code(seal(claims_of(more={4: str(EXPIRES)}))),
     "malformed")
case("something behind the claims", code(seal(plain + b"\x00")),
     "malformed")
case("a kind that is none", code(seal(claims_of(kind="dog"))), "other")
case("a text more", code(seal(claims_of(more={-65555: "x"}))), "other")
case("no name", code(seal(claims_of(texts={KIND: "kin"}))), "other")
case("neither code nor ticket", code(seal(claims_of(texts={-70000: "x"}))),
     "other")
case("no list", code(good), "list_missing", use=None)
case("nobody is on the list", code(good), "ok", use="empty")
case("a list by the old key", code(good), "ok", use="by the old key")
case("an old list", code(good), "list_old", at=ISSUED + 3 * 86400 + 1)
case("an old list that names it", code(seal(claims_of(2))), "revoked",
     at=ISSUED + 3 * 86400 + 1)
case("a list that is over", code(good), "list_old", use="over")
case("a list that is over and names it", code(seal(claims_of(2))), "revoked",
     use="over")
case("a list that was changed", code(good), "list_forged", use="changed")
case("a list that was emptied", code(good), "list_forged", use="emptied")
case("a list that was made younger", code(good), "list_forged",
     use="made younger")
case("a stranger's list", code(good), "list_key_unknown",
     use="by a stranger")
case("an unsorted list", code(good), "list_malformed", use="unsorted")
case("a list with an entry twice", code(good), "list_malformed",
     use="doubled")
case("a list that is shorter than it says", code(good), "list_malformed",
     use="miscounted")
case("a list of another form", code(good), "list_malformed",
     use="of another form")
case("no list at all", code(good), "list_malformed", use="no list")
case("a list of the future", code(good), "list_early", use="of the future")

print(json.dumps({
    "keys": {
        "issuer": "civic.example", "prefix": "CIVIC1:", "algorithm": "ES256",
        "limits": {"leeway": 300, "list_warn": 86400,
                   "list_most": 3 * 86400},
        "keys": [{"key_id": key.id.hex(), "signs": key is signing,
                  "public_key": key.pem} for key in (signing, old)]},
    "lists": lists, "cases": cases}, ensure_ascii=False, indent=1))
