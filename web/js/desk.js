/*
 * desk.js - one item after the other, for whoever decides on it: what waits,
 * the next one, how long it is theirs, the decision, by mouse or by keys.
 *
 * What an item is, and what is decided on it, a queue says (desk-photos.js):
 *
 *     load(desk)          what waits, as nodes
 *     next()              an item, or null; the same one again if it is held
 *     paint(item)         { title, data, pictures, fields: nodes; ticks,
 *                           reasons: [name, words]; actions: [value, words,
 *                           key], of which the first is the main one }
 *     decide(item, action, values)   what was done, in words
 *     release(item)
 *     renew(item)         optional: the item, with a lease begun anew
 *     gone                codes of problems: it is nobody's of ours any more
 */

import { Problem } from './api.js';
import { byId, clock, countdown, h, say } from './dom.js';
import { fillIn, notice, onSubmit, show, values } from './form.js';

const LOOK_AGAIN = 15000;       // ms, where nothing waits
const HURRY = 120000;           // ms left, from which the clock is loud

const KEYS = 'civic.desk-keys';

const APPROVE_OR_REFUSE = [['approve', say('通过', 'Approve'), 'A'],
                           ['refuse', say('不通过', 'Refuse'), 'X']];
const RELEASE = ['release', say('放回', 'Put back'), 'F'];

/* What somebody had typed and ticked when their session ended: for the same
   person at the same item, while this page is open. */
let unsent = null;

function keysWanted(value) {
    try {
        if (value !== undefined) {
            localStorage.setItem(KEYS, value);
        }
        return localStorage.getItem(KEYS) !== 'off';
    } catch {
        return value !== 'off';
    }
}

function tick(name, words, key) {
    return h('label', { class: 'tick' },
        h('input', { type: 'checkbox', name, autocomplete: 'off',
                     'data-key': key }),
        h('span', {}, words, key ? h('kbd', {}, key) : null));
}

/* lines: [name, words] */
function boxes(name, legend, lines, first) {
    return h('fieldset', { name, tabindex: '-1' }, h('legend', {}, legend),
        lines.map(([each, words], i) => tick(each, words,
            first + i < 10 ? String(first + i) : null)));
}

const idOf = ({ application_id: id, review_id: other }) => id || other;

export class Desk {
    /** @param {object} options  civic, root, queue, fail; who works here */
    constructor(options) {
        Object.assign(this, options);
        this.stopped = new AbortController();
        this.item = null;
        this.said = h('p', { role: 'status', class: 'said' });
        this.place = h('div');
        this.root.replaceChildren(this.said, this.place);
        document.addEventListener('keydown', (event) => this.key(event),
                                  { signal: this.stopped.signal });
        document.addEventListener('language', () => this.again(),
                                  { signal: this.stopped.signal });
    }

    stop() {
        this.stopped.abort();
        if (this.item) {
            unsent = { who: this.who, item: idOf(this.item),
                       values: values(this.form) };
        }
        this.leave();
    }

    giveBack(item) {
        if (unsent?.who === this.who && unsent.item === idOf(item)) {
            fillIn(this.form, unsent.values);
        }
        unsent = null;
    }

    leave() {
        clearTimeout(this.timer);
        this.stopClock?.();
        this.stopClock = null;
        this.item = null;
        this.form = null;
    }

    /* In the other language, unless something was typed already. */
    again() {
        const began = this.form && [...this.form.elements].some((control) =>
            control.checked || (control.type === 'textarea' && control.value));

        if (!this.item) {
            this.idle();
        } else if (!began) {
            this.next();
        }
    }

    failed(problem) {
        if (this.stopped.signal.aborted || problem.status === 401) {
            return;
        }
        if (problem instanceof Problem && this.form) {
            show(this.form, problem);
        } else {
            this.fail(problem);
        }
    }

    /** What waits; looks again by itself. */
    async idle() {
        this.leave();
        this.later();
        this.form = h('form', {}, notice(),
            h('button', { type: 'submit' }, say('取下一件', 'Take the next one'),
              h('kbd', {}, 'N')));
        onSubmit(this.form, () => this.next());
        try {
            const waiting = await this.queue.load(this);

            if (!this.item && !this.stopped.signal.aborted) {
                this.place.replaceChildren(...[waiting].flat(), this.form,
                                           this.keySwitch());
            }
        } catch (problem) {
            if (!this.item) {
                this.place.replaceChildren(this.form);
                this.failed(problem);
            }
        }
    }

    /* Never while somebody is at something that stands there. */
    later() {
        this.timer = setTimeout(() => {
            if (document.hidden || this.place.querySelector('details[open]')) {
                this.later();
            } else {
                this.idle();
            }
        }, LOOK_AGAIN);
    }

    keySwitch() {
        const box = h('input', { type: 'checkbox', checked: keysWanted(),
            onchange: () => keysWanted(box.checked ? 'on' : 'off') });

        return h('label', { class: 'tick' }, box, h('span', {}, say(
            '使用快捷键：N 下一件，A 通过，X 不通过，F 放回，数字勾选',
            'Keys: N next, A approve, X refuse, F put back, digits tick')));
    }

    /* told: what was said of the last one stays. */
    async next(told = false) {
        if (!told) {
            this.said.replaceChildren();
        }

        const item = await this.take(() => this.queue.next());

        if (item === null) {
            this.said.append(' ', say('没有待处理的。', 'Nothing waits.'));
            await this.idle();
        }
    }

    /** Opens what somebody asks for; the item, or null. */
    async take(ask) {
        try {
            const item = await ask();

            if (item) {
                this.open(item);
            }
            return item;
        } catch (problem) {
            this.failed(problem);
            return undefined;
        }
    }

    open(item) {
        const shown = this.queue.paint(item);
        const actions = shown.actions || APPROVE_OR_REFUSE;
        const left = h('span', { class: 'wait' });

        this.leave();
        this.item = item;
        this.form = h('form', { class: 'decision' }, notice(),
            shown.ticks.length > 0 ? boxes('ticks', say('通过前确认',
                'Before approving'), shown.ticks, 1) : null,
            shown.reasons.length === 0 ? null
                : boxes('reasons', say('不通过的原因（申请人会看到）',
                'Reasons to refuse (the applicant reads them)'),
                shown.reasons.map(([code, words]) => [`reasons.${code}`,
                                                      words]),
                1 + shown.ticks.length),
            shown.fields,
            h('div', { class: 'row' },
                actions.map((action, i) => this.button(action, i === 0)),
                this.button(RELEASE, false)));
        onSubmit(this.form, (decided) => this.decide(decided));
        this.giveBack(item);
        this.place.replaceChildren(
            h('h2', { tabindex: '-1' }, shown.title),
            h('p', { class: 'lease' }, say('由您处理，剩余 ', 'Yours for '),
              left, this.queue.renew ? h('button', { type: 'button',
                  class: 'plain small', onclick: () => this.renew() },
                  say('延长', 'Go on with it')) : null),
            h('div', { class: 'columns' },
                h('div', { class: 'pictures' }, shown.pictures),
                h('div', {}, shown.data, this.form)));
        this.left = left;
        this.runClock();
        this.place.querySelector('h2').focus();
    }

    runClock() {
        const { item, left } = this;

        this.stopClock?.();
        this.stopClock = countdown(() => this.civic.until(item.lease_until),
            (ms) => {
                left.replaceChildren(clock(ms));
                left.classList.toggle('hurry', ms < HURRY);
            }, () => this.over(say('时间已到，本件已放回，由他人处理。',
                'Your time is over: it goes to somebody else.')));
    }

    /* What was ticked and typed stays. */
    async renew() {
        try {
            const again = await this.queue.renew(this.item);

            this.item.lease_until = again.lease_until;
            this.runClock();
        } catch (problem) {
            this.lost(problem);
        }
    }

    button([value, words, key], main) {
        return h('button', { type: value === 'release' ? 'button' : 'submit',
                             class: main ? null : 'plain', value,
                             'data-key': key,
                             onclick: () => this.press(value) },
            words.cloneNode(true), h('kbd', {}, key));
    }

    press(value) {
        this.decision = value;
        if (value === 'release') {
            this.release();
        }
    }

    async decide(decided) {
        const { item, decision } = this;

        try {
            const said = await this.queue.decide(item, decision, decided);

            this.over(said);
            await this.next(true);
        } catch (problem) {
            if (!this.queue.gone.has(problem.code)) {
                throw problem;
            }
            this.over(problem.detail);
        }
    }

    async release() {
        try {
            await this.queue.release(this.item);
            this.over(say('已放回。', 'It was put back.'));
        } catch (problem) {
            this.lost(problem);
        }
    }

    lost(problem) {
        if (this.queue.gone.has(problem.code)) {
            this.over(problem.detail);
        } else {
            this.failed(problem);
        }
    }

    /* It is nobody's of ours any more, and why. */
    over(said) {
        this.said.replaceChildren(said);
        this.idle();
    }

    /* Never where somebody types, and never with another key held. */
    key(event) {
        const typing = /^(textarea|select)$/i.test(event.target.tagName)
            || (event.target.tagName === 'INPUT'
                && event.target.type !== 'checkbox');
        const key = event.key.toUpperCase();

        if (typing || event.ctrlKey || event.altKey || event.metaKey
            || event.repeat || !keysWanted() || !this.form)
        {
            return;
        }
        if (!this.item && key === 'N') {
            this.form.requestSubmit();
        } else if (this.item && /^[1-9A-Z]$/.test(key)) {
            this.form.querySelector(`[data-key="${key}"]`)?.click();
        }
    }
}

/** The codes of the reasons that are ticked. */
export function reasonsOf(values) {
    return Object.keys(values).filter((each) =>
        each.startsWith('reasons.') && values[each])
        .map((each) => each.slice('reasons.'.length));
}

/** A picture of the API's, that tells when there is none. */
export function picture(civic, path, caption) {
    const line = h('figcaption', {}, caption);

    return h('figure', {}, h('img', { src: civic.base + path, alt: '',
        onerror: () => line.append(' ', say('（无法显示）',
                                            '(cannot be shown)')) }), line);
}

/** The place of the desk in the page. */
export function deskPlace() {
    return byId('desk');
}
