/*
 * typed.js - what somebody was typing when their session ended, and was not
 * saved yet: kept in this tab, for half an hour, and given back once the same
 * person is in again.  Whoever else logs in here ends it, unseen.
 */

const KEPT = 'civic.typed';
const LONGEST = 1800000;        // ms

/** @type {string|null} who is logged in, masked as the server tells it */
let who = null;

/** @type {Map<string, () => object>} by a form's name */
const readers = new Map();

function kept() {
    try {
        return JSON.parse(sessionStorage.getItem(KEPT));
    } catch {
        return null;
    }
}

function keep(what) {
    try {
        if (what === null) {
            sessionStorage.removeItem(KEPT);
        } else {
            sessionStorage.setItem(KEPT, JSON.stringify(what));
        }
    } catch {
        // a browser that keeps nothing: it is typed again
    }
}

/** By one's own wish, or because the time is over. */
export function forgetTyped() {
    keep(null);
}

/** Whether something waits for who typed it; what is too old waits no more. */
export function isTypedKept() {
    const found = kept();

    if (found && Date.now() - found.at > LONGEST) {
        keep(null);
        return false;
    }
    return Boolean(found);
}

/** Who is logged in now; null: nobody knows. */
export function typedBy(person) {
    who = person;
    if (isTypedKept() && kept().who !== who) {
        keep(null);
    }
}

/** The session is over: what the forms have not saved. */
export function keepTyped() {
    const typed = [...readers].map(([name, read]) => [name, read()])
        .filter(([, fields]) => Object.keys(fields).length > 0);

    readers.clear();
    if (who && typed.length > 0) {
        keep({ who, at: Date.now(), typed: Object.fromEntries(typed) });
    }
}

/**
 * A form says how to read what it has not saved; it gets what was kept of it,
 * once, or null.
 * @param {string} name
 * @param {() => object} read
 */
export function typing(name, read) {
    const found = isTypedKept() ? kept() : null;
    const mine = found && found.who === who ? found.typed[name] : null;

    readers.set(name, read);
    if (mine) {
        keep(null);
    }
    return mine || null;
}
