/*
 * draft.js - an application that is saved as it is typed: what has changed,
 * one request at a time, on top of the version that was seen.
 *
 * Another window, or a phone, may save meanwhile.  Then the newest is read;
 * what somebody is typing here stays, all else is taken over, and the page is
 * told.  What the server refuses stays in its control, is told there, and
 * keeps the application from being submitted: nobody submits other than they
 * see.
 */

import { Problem } from './api.js';

const QUIET = 800;              // ms without a key, then it is saved
const AGAIN = 5000;             // ms, where nobody answered
const ROUNDS = 8;               // of one save: others save, too

function same(a, b) {
    return JSON.stringify(a ?? '') === JSON.stringify(b ?? '');
}

/** { name: answer } of an application. */
export function answersOf(application) {
    return Object.fromEntries(application.answers.map((each) =>
        [each.field, each.values ?? each.value ?? '']));
}

export class Draft {
    /**
     * @param {object} options
     * @param {import('./api.js').Civic} options.civic
     * @param {object} options.application  as it was read
     * @param {object} options.page  what is told: saving(), saved(answer),
     *     lost(problem), changed(application, kept), wrong(error),
     *     closed(problem)
     */
    constructor({ civic, application, page }) {
        Object.assign(this, { civic, page });
        this.path = `/review/applications/${application.exam_id}`;
        this.pending = new Map();       // name -> answer, not saved yet
        this.wrong = new Map();         // name -> why it was refused
        this.sending = new Map();       // a batch that is under way
        this.running = null;
        this.timer = null;
        this.take(application);
    }

    take(application) {
        this.application = application;
        this.version = application.version;
        this.answers = answersOf(application);
    }

    /** As the page has read it elsewhere. */
    renew(application) {
        if (!this.running && application.version > this.version) {
            this.take(application);
        }
    }

    /** Whether everything that is seen is saved. */
    get isSaved() {
        return this.pending.size === 0 && !this.running;
    }

    /** Names of what is seen and not saved. */
    get unsaved() {
        return new Set([...this.sending.keys(), ...this.pending.keys(),
                        ...this.wrong.keys()]);
    }

    /** Somebody has typed: name "position", or a field's as "answers.x". */
    set(name, value) {
        this.wrong.delete(name);
        this.pending.set(name, value);
        this.later(QUIET);
    }

    later(ms) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.save(), ms);
    }

    /** Saves at once what is not saved; whether all of it is now. */
    save() {
        clearTimeout(this.timer);
        this.running = this.running || this.rounds().finally(() => {
            this.running = null;
        });
        return this.running;
    }

    stop() {
        clearTimeout(this.timer);
        this.pending.clear();
    }

    async rounds() {
        for (let n = 0; this.pending.size > 0 && n < ROUNDS; n++) {
            const batch = new Map(this.pending);

            this.pending.clear();
            this.sending = batch;
            this.page.saving();
            try {
                this.take(await this.civic.patch(this.path,
                                                 this.body(batch)));
            } catch (problem) {
                if (!await this.failed(batch, problem)) {
                    return false;
                }
            } finally {
                this.sending = new Map();
            }
        }
        if (this.pending.size === 0) {
            this.page.saved(this.application);
        }
        return this.pending.size === 0;
    }

    body(batch) {
        const body = { version: this.version, answers: [] };

        for (const [name, value] of batch) {
            if (name === 'position') {
                body.position = value;
            } else {
                const field = name.replace(/^answers\./, '');

                body.answers.push(Array.isArray(value)
                    ? { field, values: value } : { field, value });
            }
        }
        return body;
    }

    /* What is newer than the batch stays. */
    putBack(batch, but = new Set()) {
        for (const [name, value] of batch) {
            if (!this.pending.has(name) && !but.has(name)) {
                this.pending.set(name, value);
            }
        }
    }

    /* Whether to go on. */
    async failed(batch, problem) {
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (problem.code === 'invalid_fields') {
            return this.refused(batch, problem);
        }
        this.putBack(batch);
        if (problem.code === 'conflict') {
            return this.newest(batch);
        }
        if (problem.isUnknown || problem.status >= 500
            || problem.status === 429)
        {
            this.page.lost(problem);
            this.later(1000 * (problem.retryAfter || AGAIN / 1000));
        } else {
            this.pending.clear();
            this.page.closed(problem);
        }
        return false;
    }

    /* What is right of it is saved without the rest. */
    refused(batch, problem) {
        const names = new Set();

        for (const error of problem.errors) {
            const name = error.pointer.slice(1).replace('/', '.');

            if (batch.has(name)) {
                names.add(name);
                this.wrong.set(name, { ...error, code: 'not_saved' });
                this.page.wrong(error);
            }
        }
        if (names.size === 0) {
            this.page.closed(problem);
            return false;
        }
        this.putBack(batch, names);
        return true;
    }

    /* Somebody else has saved, or we have and the answer was lost. */
    async newest(batch) {
        try {
            const before = this.answers;
            const place = this.application.position?.code;
            const found = await this.civic.get(this.path);
            const answers = answersOf(found);
            const ours = (name, value) => batch.has(name)
                && same(batch.get(name), value);
            const others = [...new Set([...Object.keys(before),
                                        ...Object.keys(answers)])]
                .some((name) => !same(before[name], answers[name])
                    && !ours(`answers.${name}`, answers[name]))
                || (place !== found.position?.code
                    && !ours('position', found.position?.code || ''));

            this.take(found);
            if (others) {
                this.page.changed(found, this.pending);
            }
            return true;
        } catch (problem) {
            return this.failed(batch, problem);
        }
    }
}
