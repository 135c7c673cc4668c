/*
 * api.js - Civic's API for a page or a program: requests, problems, and what
 * to do when no answer comes.  It needs fetch() and nothing else, knows no
 * page, and may be copied into your own.  docs/api.md says the rest.
 *
 *     const civic = new Civic({ session: 'cookie' });
 *     const profile = await civic.get('/login/profile');
 *     const made = await civic.post('/civic/consents', consent,
 *                                   { key: newKey() });
 *
 * What fails is thrown as a Problem, also when the network does: branch on
 * its "code", show its "detail".
 */

/**
 * One wrong field of a problem.
 * @typedef {object} FieldError
 * @property {string} pointer  JSON pointer: "/id_number"; "" is the body
 * @property {string} code
 * @property {string} detail
 * @property {string} [example]  a right one, to be shown beside it
 */

const LONGEST_WAIT = 30;        // s between two tries
const TRIES = 3;                // of what certainly was not done
const TIMEOUT = 20000;          // ms for an answer
const POLL_TIMEOUT = 75000;     // ms for a long poll's answer

// The server has done nothing: the same request may go again.
const NOTHING_DONE = new Set(['overloaded', 'store_unavailable']);

// Nobody is logged in, or not any more.
const LOGGED_OUT = new Set(['unauthorized', 'session_expired']);

/** Anything that is no success: RFC 9457, or that no answer came. */
export class Problem extends Error {
    /** @param {object} body  the problem+json, or what stands for it */
    constructor(body) {
        super(body.detail || body.title || body.code);
        this.name = 'Problem';
        /** @type {string} what it is, for a program */
        this.code = body.code;
        /** @type {number} the HTTP status; 0 without an answer */
        this.status = body.status || 0;
        /** @type {string} what it is, for the citizen */
        this.detail = body.detail || body.title || '';
        /** @type {FieldError[]} */
        this.errors = Array.isArray(body.errors) ? body.errors : [];
        /** @type {number|undefined} s */
        this.retryAfter = body.retry_after;
        /** @type {string|undefined} when it becomes possible */
        this.possibleAt = body.possible_at;
        /** @type {string|undefined} of consent_required: the text's name */
        this.purpose = body.purpose;
        /** @type {string|undefined} finds the request in the log */
        this.requestId = body.request_id;
    }

    /** Nobody knows whether it was done: read the state before a repeat. */
    get isUnknown() {
        return this.code === 'no_answer' || this.code === 'outcome_unknown';
    }

    /** It goes by without anybody's doing: a network or a server that is away
        for a while. */
    get isPassing() {
        return this.isUnknown || this.status >= 502
            || NOTHING_DONE.has(this.code);
    }
}

/** A new key for one act of the citizen: of no contents, never twice. */
export function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));

    return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** Resolves after some ms; rejects at once when the signal aborts. */
export function sleep(ms, signal) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);

        signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            reject(signal.reason);
        }, { once: true });
        if (signal?.aborted) {
            clearTimeout(timer);
            reject(signal.reason);
        }
    });
}

/** The n-th wait: 1, 2, 4 ... s, or what the server says; with jitter. */
function backoff(n, retryAfter) {
    const seconds = Math.min(retryAfter ?? 2 ** n, LONGEST_WAIT);

    return seconds * 1000 * (1 + Math.random() / 4);
}

const NO_ANSWER = {
    zh: '网络不通，请检查网络后重试。',
    en: 'There is no network. Check it and try again.',
};

const NO_JSON = {
    zh: '服务暂时不可用，请稍后再试。',
    en: 'The service cannot be reached at the moment. Try again later.',
};

export class Civic {
    /**
     * @param {object} [options]
     * @param {string} [options.base]      before each path: '/api'
     * @param {'cookie'|'bearer'} [options.session]
     *     cookie: pages.  bearer: programs, which keep token and device
     * @param {() => string} [options.language]  'zh-CN' or 'en'
     */
    constructor({ base = '', session = 'cookie', language } = {}) {
        this.base = base;
        this.session = session;
        this.language = language || (() => 'zh-CN');
        /** @type {string|null} from where: 'alipay'; null: a browser */
        this.channel = null;
        /** @type {string|null} of bearer */
        this.token = null;
        /** @type {string|null} of bearer */
        this.device = null;
        /** @type {(problem: Problem) => void} the session is over */
        this.onLoggedOut = () => {};
        /** @type {() => void} an answer came: the network is there */
        this.onAnswer = () => {};
        /** @type {(asked: boolean) => void} a request is asked again by
            itself (true), and has come to its end (false) */
        this.onAgain = () => {};
        /** @type {number} ms that the server's clock is ahead of ours */
        this.ahead = 0;
    }

    get(path, options) {
        return this.request('GET', path, undefined, options);
    }

    post(path, body, options) {
        return this.request('POST', path, body, options);
    }

    put(path, body, options) {
        return this.request('PUT', path, body, options);
    }

    patch(path, body, options) {
        return this.request('PATCH', path, body, options);
    }

    delete(path, options) {
        return this.request('DELETE', path, undefined, options);
    }

    /**
     * A file as the body.  What it is, its bytes say: whatever name and type
     * a phone gives it, it is sent as a JPEG and looked at there.
     */
    upload(path, file, options) {
        return this.request('POST', path,
            file.slice(0, file.size, 'image/jpeg'), options);
    }

    /** Takes over what a login, or another step, gives a program to keep. */
    adopt(answer) {
        this.token = answer?.token || this.token;
        this.device = answer?.device || this.device;
        return answer;
    }

    /** ms until an instant of the server's, whatever our clock says. */
    until(instant) {
        return Date.parse(instant) - (Date.now() + this.ahead);
    }

    /**
     * Sends a request; again by itself only where that cannot do a thing
     * twice: nothing was done, or a GET, or a POST with its key.
     * @param {string} method
     * @param {string} path
     * @param {object|Blob} [body]  JSON, or a file
     * @param {object} [options]
     * @param {AbortSignal} [options.signal]
     * @param {string} [options.key]  Idempotency-Key of what creates
     * @param {number} [options.timeout]  ms
     * @returns {Promise<any>}  the answer's JSON; null for 204
     * @throws {Problem}
     */
    async request(method, path, body, options = {}) {
        const mayRepeat = (problem) => problem instanceof Problem
            && (NOTHING_DONE.has(problem.code)
                || (problem.isUnknown && (method === 'GET' || options.key)));
        let tries = 0;

        try {
            for (;;) {
                try {
                    return await this.#once(method, path, body, options);
                } catch (problem) {
                    if (tries === TRIES || !mayRepeat(problem)) {
                        throw problem;
                    }
                    if (++tries === 1) {
                        this.onAgain(true);
                    }
                    await sleep(backoff(tries - 1, problem.retryAfter),
                                options.signal);
                }
            }
        } finally {
            if (tries > 0) {
                this.onAgain(false);
            }
        }
    }

    /**
     * A long poll: asks again and again until done() takes an answer.
     * Without network or server it goes on, and says so once each way.
     * @param {string|(() => string)} path  of the next request
     * @param {(() => object)|null} body  of it; null: a GET
     * @param {(answer: any) => boolean} done
     * @param {object} options
     * @param {AbortSignal} options.signal  ends it
     * @param {(lost: boolean, problem?: Problem) => void} [options.network]
     *     problem: the network is gone, or the server is away
     * @returns {Promise<any>}  the last answer
     */
    async poll(path, body, done, { signal, network = () => {} }) {
        for (let lost = 0; ;) {
            try {
                const answer = await this.#once(body ? 'POST' : 'GET',
                    typeof path === 'function' ? path() : path,
                    body?.(), { signal, timeout: POLL_TIMEOUT });

                if (lost > 0) {
                    network(false);
                }
                lost = 0;
                if (done(answer)) {
                    return answer;
                }
            } catch (problem) {
                if (!(problem instanceof Problem) || !problem.isPassing) {
                    throw problem;
                }
                if (lost === 0) {
                    network(true, problem);
                }
                await sleep(backoff(lost++, problem.retryAfter), signal);
            }
        }
    }

    #headers(body, key) {
        const headers = { 'Accept-Language': this.language() };

        if (body !== undefined) {
            headers['Content-Type'] = body instanceof Blob
                ? body.type : 'application/json';
        }
        if (key) {
            headers['Idempotency-Key'] = key;
        }
        if (this.session === 'cookie') {
            headers['Civic-Session'] = 'cookie';
        }
        if (this.channel) {
            headers['Civic-Channel'] = this.channel;
        }
        if (this.token) {
            headers.Authorization = `Bearer ${this.token}`;
        }
        if (this.device) {
            headers['Civic-Device'] = this.device;
        }
        return headers;
    }

    async #once(method, path, body, { signal, key, timeout = TIMEOUT }) {
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), timeout);
        const abort = () => stop.abort();

        signal?.addEventListener('abort', abort, { once: true });
        try {
            signal?.throwIfAborted();
            return await this.#take(await fetch(this.base + path, {
                method,
                headers: this.#headers(body, key),
                body: body === undefined || body instanceof Blob
                    ? body : JSON.stringify(body),
                credentials: this.session === 'cookie' ? 'same-origin'
                                                       : 'omit',
                cache: 'no-store',
                referrerPolicy: 'no-referrer',
                signal: stop.signal,
            }));
        } catch (error) {
            signal?.throwIfAborted();
            if (error instanceof Problem) {
                throw error;
            }
            throw new Problem({ code: 'no_answer', status: 0,
                                detail: this.#say(NO_ANSWER) });
        } finally {
            clearTimeout(timer);
            signal?.removeEventListener('abort', abort);
        }
    }

    async #take(response) {
        const date = Date.parse(response.headers.get('Date') || '');
        const text = await response.text();
        let answer = null;

        this.onAnswer();

        if (!Number.isNaN(date)) {
            this.ahead = date - Date.now();
        }
        try {
            answer = text === '' ? null : JSON.parse(text);
        } catch {
            // a page of something between us and the server
            answer = undefined;
        }
        if (response.ok && answer !== undefined) {
            return answer;
        }

        const problem = new Problem(answer?.code ? answer : {
            code: 'no_json',
            status: response.status,
            detail: this.#say(NO_JSON),
            retry_after: Number(response.headers.get('Retry-After'))
                         || undefined,
        });

        if (LOGGED_OUT.has(problem.code)) {
            this.onLoggedOut(problem);
        }
        throw problem;
    }

    #say(text) {
        return this.language().startsWith('en') ? text.en : text.zh;
    }
}
