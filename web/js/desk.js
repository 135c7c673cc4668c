/*
 * desk.js - one item after the other, for whoever decides on it: what waits,
 * the next one, how long it is theirs, the decision, by mouse or by keys.
 *
 * What an item is, and what is decided on it, a queue says (desk-photos.js):
 *
 *     load()              what waits, as nodes
 *     next()              an item, or null; the same one again if it is held
 *     paint(item)         { data: nodes, pictures: nodes, ticks, reasons }
 *     decide(item, decision, values)
 *     release(item)
 */

import { Problem } from './api.js';
import { byId, clock, countdown, h, say } from './dom.js';
import { notice, onSubmit, show } from './form.js';

const LOOK_AGAIN = 15000;       // ms, where nothing waits
const HURRY = 120000;           // ms left, from which the clock is loud

const KEYS = 'civic.desk-keys';

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

export class Desk {
    /** @param {object} options  civic, root, queue, fail */
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
        this.leave();
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
        this.timer = setTimeout(() => this.idle(), LOOK_AGAIN);
        this.form = h('form', {}, notice(),
            h('button', { type: 'submit' }, say('取下一件', 'Take the next one'),
              h('kbd', {}, 'N')));
        onSubmit(this.form, () => this.next());
        try {
            const waiting = await this.queue.load();

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

    keySwitch() {
        const box = h('input', { type: 'checkbox', checked: keysWanted(),
            onchange: () => keysWanted(box.checked ? 'on' : 'off') });

        return h('label', { class: 'tick' }, box, h('span', {}, say(
            '使用快捷键：N 下一件，A 通过，X 不通过，F 放回，数字勾选',
            'Keys: N next, A approve, X refuse, F put back, digits tick')));
    }

    async next() {
        try {
            const item = await this.queue.next();

            if (item) {
                this.open(item);
            } else {
                this.said.append(' ', say('没有待处理的。', 'Nothing waits.'));
                await this.idle();
            }
        } catch (problem) {
            this.failed(problem);
        }
    }

    open(item) {
        const shown = this.queue.paint(item);
        const left = h('span', { class: 'wait' });

        this.leave();
        this.item = item;
        this.form = h('form', { class: 'decision' }, notice(),
            shown.ticks.length > 0 ? boxes('ticks', say('通过前确认',
                'Before approving'), shown.ticks, 1) : null,
            boxes('reasons', say('不通过的原因（申请人会看到）',
                'Reasons to refuse (the applicant reads them)'),
                shown.reasons.map(([code, words]) => [`reasons.${code}`,
                                                      words]),
                1 + shown.ticks.length),
            shown.fields,
            h('div', { class: 'row' },
                this.button('approve', say('通过', 'Approve'), 'A'),
                this.button('refuse', say('不通过', 'Refuse'), 'X'),
                this.button('release', say('放回', 'Put back'), 'F')));
        onSubmit(this.form, (values) => this.decide(values));
        this.place.replaceChildren(
            h('h2', { tabindex: '-1' }, shown.title),
            h('p', { class: 'lease' }, say('由您处理，剩余 ', 'Yours for '),
              left),
            h('div', { class: 'columns' },
                h('div', { class: 'pictures' }, shown.pictures),
                h('div', {}, shown.data, this.form)));
        this.stopClock = countdown(() => this.civic.until(item.lease_until),
            (ms) => {
                left.replaceChildren(clock(ms));
                left.classList.toggle('hurry', ms < HURRY);
            }, () => this.over(say('时间已到，本件已放回，由他人处理。',
                'Your time is over: it goes to somebody else.')));
        this.place.querySelector('h2').focus();
    }

    button(value, words, key) {
        return h('button', { type: value === 'release' ? 'button' : 'submit',
                             class: value === 'approve' ? null : 'plain',
                             value, onclick: () => this.press(value) },
            words, h('kbd', {}, key));
    }

    press(value) {
        this.decision = value;
        if (value === 'release') {
            this.release();
        }
    }

    async decide(values) {
        const { item, decision } = this;

        try {
            const said = await this.queue.decide(item, decision, values);

            this.over(said);
            await this.next();
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
            if (this.queue.gone.has(problem.code)) {
                this.over(problem.detail);
            } else {
                this.failed(problem);
            }
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
        } else if (this.item && /^[1-9]$/.test(key)) {
            this.form.querySelector(`[data-key="${key}"]`)?.click();
        } else if (this.item) {
            const value = { A: 'approve', X: 'refuse', F: 'release' }[key];

            this.form.querySelector(`button[value="${value}"]`)?.click();
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

/** Names and values, of those that have one. */
export function facts(...pairs) {
    return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value)
        .map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** The place of the desk in the page. */
export function deskPlace() {
    return byId('desk');
}
