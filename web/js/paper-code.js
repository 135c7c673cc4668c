/*
 * paper-code.js - says whether a printed code is genuine, by keys and a list
 * that are at hand: no network.  What civicctl code verify does, by the same
 * rules: one shape for each part, CBOR's shortest spelling, nothing more and
 * nothing twice.  t/vectors/paper-codes.json holds both to the same verdicts.
 *
 * It needs WebCrypto, and knows no page.
 */

const PREFIX = 'CIVIC1:';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const LIST = 'civic-revocations-1';
const LIST_MOST = 300000;       // entries
const SIZE = 512;               // bytes of a token
const TEXT = 80;                // of a text in it
const TEXTS = 8;
const DAY = 86400;

const [KIND, NAME] = [-65553, -65554];
const [EXAM, NUMBER] = [-65537, -65538];
const PRIVATE = -65537;         // labels of ours: this and below

/* Not what the issuer would have written. */
class Malformed extends Error {}

function must(holds) {
    if (!holds) {
        throw new Malformed();
    }
}


/* ---- bytes ---- */

function base45(text) {
    const bytes = [];

    must(text.length % 3 !== 1);
    for (let i = 0; i < text.length; i += 3) {
        const part = text.slice(i, i + 3);
        let value = 0;

        for (let k = part.length - 1; k >= 0; k--) {
            const digit = ALPHABET.indexOf(part[k]);

            must(digit >= 0);
            value = value * 45 + digit;
        }
        if (part.length === 3) {
            must(value <= 0xffff);
            bytes.push(value >> 8, value & 255);
        } else {
            must(value <= 0xff);
            bytes.push(value);
        }
    }
    must(bytes.length <= SIZE);
    return Uint8Array.from(bytes);
}

/* base64url without padding, in its one spelling. */
function base64url(text) {
    must(typeof text === 'string' && /^[\w-]*$/.test(text)
         && text.length % 4 !== 1);

    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));

    must(btoa(binary).replaceAll('+', '-').replaceAll('/', '_')
        .replace(/=+$/, '') === text);
    return Uint8Array.from(binary, (each) => each.charCodeAt(0));
}

function hex(bytes) {
    return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

function join(...parts) {
    const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;

    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}


/* ---- CBOR: RFC 8949, of known lengths, shortest first ---- */

const [UNSIGNED, NEGATIVE, BYTES, STRING, ARRAY, MAP, TAG]
    = [0, 1, 2, 3, 4, 5, 6];

class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    take(n) {
        must(n <= this.bytes.length - this.at);
        this.at += n;
        return this.bytes.subarray(this.at - n, this.at);
    }

    /* The type and its argument. */
    any() {
        const [first] = this.take(1);
        const small = first & 31;
        let argument = small;

        must(small < 28);
        if (small >= 24) {
            argument = 0;
            for (const byte of this.take(1 << (small - 24))) {
                argument = argument * 256 + byte;
            }
            must(argument >= (small === 24 ? 24 : 2 ** (4 << (small - 24))));
            must(Number.isSafeInteger(argument));
        }
        return [first >> 5, argument];
    }

    head(type) {
        const [found, argument] = this.any();

        must(found === type);
        return argument;
    }

    integer() {
        const [type, argument] = this.any();

        must(type === UNSIGNED || type === NEGATIVE);
        return type === UNSIGNED ? argument : -1 - argument;
    }

    string(type) {
        return this.take(this.head(type));
    }

    text() {
        const bytes = this.string(STRING);

        must(bytes.length <= TEXT);
        return new TextDecoder().decode(bytes);
    }

    end() {
        must(this.at === this.bytes.length);
    }
}

function head(type, n) {
    return n < 24 ? [type << 5 | n] : n < 256 ? [type << 5 | 24, n]
        : [type << 5 | 25, n >> 8, n & 255];
}

function byteString(bytes) {
    return join(head(BYTES, bytes.length), bytes);
}


/* ---- the token: RFC 9052, 8392 ---- */

/** @returns {{header, claims, signature, algorithm, kid}} */
function envelope(bytes) {
    const reader = new Reader(bytes);

    must(reader.head(TAG) === 18);
    must(reader.head(ARRAY) === 4);

    const header = reader.string(BYTES);

    must(reader.head(MAP) === 0);

    const claims = reader.string(BYTES);
    const signature = reader.string(BYTES);

    reader.end();
    must(signature.length === 64);

    const inner = new Reader(header);

    must(inner.head(MAP) === 2 && inner.integer() === 1);

    const algorithm = inner.integer();

    must(inner.integer() === 4);

    const kid = inner.string(BYTES);

    inner.end();
    must(kid.length === 8);
    return { header, claims, signature, algorithm, kid };
}

function readClaims(bytes) {
    const reader = new Reader(bytes);
    const seen = new Map();

    for (let left = reader.head(MAP); left > 0; left--) {
        const label = reader.integer();

        must(!seen.has(label));
        if (label === 4 || label === 6) {
            seen.set(label, reader.integer());
        } else if (label === 7) {
            seen.set(label, reader.string(BYTES));
            must(seen.get(label).length === 16);
        } else {
            must(label === 1 || label <= PRIVATE);
            seen.set(label, reader.text());
        }
    }
    reader.end();
    must([1, 4, 6, 7].every((label) => seen.has(label))
         && seen.size <= 4 + TEXTS);
    must(seen.get(6) >= 0 && seen.get(4) > seen.get(6));
    return seen;
}

/* What kind of thing a token of ours is; null: neither. */
function profile(claims) {
    if (claims.has(KIND) && claims.has(NAME) && claims.size === 6) {
        return ['own', 'kin'].includes(claims.get(KIND)) ? 'family' : null;
    }
    return !claims.has(KIND) && claims.has(EXAM) ? 'ticket' : null;
}

/** Resolves with { verdict, claims? }. */
async function readToken(keys, text, now) {
    if (!text.startsWith(PREFIX)) {
        return { verdict: 'other' };
    }

    const token = envelope(base45(text.slice(PREFIX.length)));

    if (token.algorithm !== -7) {
        return { verdict: 'algorithm' };
    }

    const key = keys.byId.get(hex(token.kid));

    if (!key) {
        return { verdict: 'key_unknown' };
    }

    const signed = join(head(ARRAY, 4), head(STRING, 10),
        new TextEncoder().encode('Signature1'), byteString(token.header),
        byteString([]), byteString(token.claims));

    if (!await verifies(key, token.signature, signed)) {
        return { verdict: 'forged' };
    }

    const claims = readClaims(token.claims);

    if (profile(claims) === null) {
        return { verdict: 'other' };
    }
    return { claims, verdict: now >= claims.get(4) ? 'expired'
        : now < claims.get(6) - keys.leeway ? 'early' : 'ok' };
}

function verifies(key, signature, bytes) {
    return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key,
                                signature, bytes);
}


/* ---- keys and the list ---- */

/** What GET /kinship/keys answered, ready to verify with; throws. */
export async function readKeys(document) {
    const byId = new Map();

    for (const each of document.keys) {
        const der = Uint8Array.from(atob(each.public_key
            .replace(/-----[^-]*-----|\s/g, '')), (c) => c.charCodeAt(0));
        const digest = await crypto.subtle.digest('SHA-256', der);
        const id = hex(new Uint8Array(digest).subarray(0, 8));

        must(id === each.key_id);
        byId.set(id, await crypto.subtle.importKey('spki', der,
            { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']));
    }
    must(byId.size > 0);

    const limits = document.limits || {};

    return { byId, leeway: limits.leeway ?? 300,
             warn: limits.list_warn ?? DAY,
             most: limits.list_most ?? 3 * DAY };
}

/* Entries are greater, each than the one before. */
function isSorted(entries) {
    const view = new DataView(entries.buffer);

    for (let at = 8; at < entries.length; at += 8) {
        if (view.getBigUint64(at) <= view.getBigUint64(at - 8)) {
            return false;
        }
    }
    return true;
}

function listEntries(list) {
    must(list && typeof list === 'object' && list.format === LIST);
    must(typeof list.issuer === 'string'
         && !/[\u0000-\u001f]/.test(list.issuer));
    must([list.made_at, list.expires_at, list.count]
        .every(Number.isSafeInteger));
    must(list.made_at >= 0 && list.expires_at > list.made_at
         && list.count >= 0 && list.count <= LIST_MOST);

    const entries = base64url(list.entries);

    must(entries.length === list.count * 8 && isSorted(entries));
    return entries;
}

/**
 * Resolves with { state, entries?, made? }; state: 'ok', or the verdict on a
 * code that only the list could tell of.
 */
export async function readList(keys, list, now) {
    let entries, signature;

    if (!list) {
        return { state: 'list_missing' };
    }
    try {
        entries = listEntries(list);
        signature = base64url(list.signature);
        must(signature.length === 64);
    } catch {
        return { state: 'list_malformed' };
    }

    const key = keys.byId.get(list.key_id);

    if (!key) {
        return { state: 'list_key_unknown' };
    }

    const start = [LIST, list.issuer, list.made_at, list.expires_at,
                   list.count, ''].join('\n');

    if (!await verifies(key, signature,
                        join(new TextEncoder().encode(start), entries)))
    {
        return { state: 'list_forged' };
    }
    if (list.made_at > now + keys.leeway) {
        return { state: 'list_early', made: list.made_at };
    }
    return { entries, made: list.made_at,
             state: now >= list.expires_at || now - list.made_at > keys.most
                 ? 'list_old' : 'ok' };
}

async function isListed(entries, id) {
    const digest = await crypto.subtle.digest('SHA-256', id);
    const wanted = new DataView(digest).getBigUint64(0);
    const view = new DataView(entries.buffer);
    let [low, high] = [0, entries.length / 8];

    while (low < high) {
        const middle = (low + high) >> 1;
        const entry = view.getBigUint64(middle * 8);

        if (entry === wanted) {
            return true;
        }
        [low, high] = entry < wanted ? [middle + 1, high] : [low, middle];
    }
    return false;
}

/**
 * Whether a code is genuine.
 * @param {object} keys   of readKeys()
 * @param {object} list   of readList()
 * @param {number} now    s since 1970
 * @returns {Promise<{verdict, kind?, name?, number?, issuer?, issued?,
 *     expires?}>}
 */
export async function judge(keys, list, text, now) {
    let token;

    try {
        token = await readToken(keys, text, now);
    } catch (error) {
        if (!(error instanceof Malformed)) {
            throw error;
        }
        return { verdict: 'malformed' };
    }
    if (!token.claims) {
        return token;
    }

    const { claims } = token;
    const told = { verdict: token.verdict, kind: claims.get(KIND) || 'ticket',
                   name: claims.get(NAME), number: claims.get(NUMBER),
                   issuer: claims.get(1), issued: claims.get(6),
                   expires: claims.get(4) };

    if (told.verdict === 'ok' && told.kind !== 'ticket') {
        told.verdict = list.entries
            && await isListed(list.entries, claims.get(7)) ? 'revoked'
            : list.state;
    }
    return told;
}
