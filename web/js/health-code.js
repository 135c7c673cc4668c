/*
 * health-code.js - one code on a screen, as long as it is shown.
 *
 * The QR code holds for some seconds and is then another one.  Seconds run on
 * a clock over it, and a band moves: a screenshot stands still, and is old
 * within a minute.  The colour is said in words, with its reason; a relative's
 * code has another label, form and band than an own one.
 *
 * Who asks how long: the server says when to ask again.  A page that nobody
 * looks at asks for nothing; one without network, or whose server is away,
 * says when its code ends, and goes on when it is back.
 */

import { Problem, sleep } from './api.js';
import { h, say, timeOf } from './dom.js';

const LOST = 3;                 // s until the next try after one in vain

/* A code that is over, by what keeps the next one away. */
const OVER = {
    network: say('网络已断开，此码已失效，不能再使用。请连接网络；没有网络时请出示离线码。',
        'There is no network, and this code is over. Connect, or show a '
        + 'printed code.'),
    service: say('系统暂时不可用，此码已失效，不能再使用。请稍候，恢复后自动更新；也可出示离线码。',
        'The service is away, and this code is over. Wait: it comes back by '
        + 'itself; or show a printed code.'),
};

/* What a colour is called, if the server does not say. */
const COLOURS = {
    green: say('绿码', 'Green'),
    yellow: say('黄码', 'Yellow'),
    red: say('红码', 'Red'),
};

/* The server's clock, in China, to the second. */
function seconds(civic) {
    return new Date(Date.now() + civic.ahead).toLocaleTimeString('zh-CN',
        { hour12: false, timeZone: 'Asia/Shanghai' });
}

function today(civic) {
    return new Date(Date.now() + civic.ahead).toLocaleDateString('zh-CN',
        { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit',
          day: '2-digit' });
}

/** The colour of a code in words. */
export function colourOf(code) {
    return code.colour_label || COLOURS[code.colour]?.cloneNode(true)
        || code.colour;
}

/** A code that is shown until its signal aborts. */
class HealthCode {
    constructor({ civic, root, path, title, signal, network }) {
        Object.assign(this, { civic, root, path, title, signal, network });
        this.code = null;
        /** @type {'network'|'service'|null} what is away */
        this.lost = null;
        this.told = null;
        this.parts = this.#parts();
    }

    /* Made once: what changes is put into it, so that a screen reader is told
       of a new colour, and of nothing else. */
    #parts() {
        return {
            label: h('h2', { class: 'label', tabindex: '-1' }),
            owner: h('p', { class: 'owner' }),
            clock: h('span', { class: 'seconds' }),
            date: h('span', { class: 'date' }),
            image: h('img', { width: 260, height: 260,
                              alt: '二维码 · QR code' }),
            colour: h('strong', { class: 'colour' }),
            reason: h('p', { class: 'reason' }),
            until: h('p', { class: 'hint' }),
            stale: h('p', { class: 'notice', role: 'alert', hidden: true }),
        };
    }

    #draw() {
        const { label, owner, clock, date, image, colour, reason, until,
                stale } = this.parts;

        this.frame = h('section', { class: 'health-code' },
            label, owner,
            h('p', { class: 'band', 'aria-hidden': 'true' },
                h('span', { class: 'runner' }), date, clock),
            h('div', { class: 'face' }, image),
            h('div', { role: 'status', class: 'verdict' },
                h('p', {}, colour), reason, until),
            stale,
            h('p', { class: 'hint' }, say('二维码自动更新，截图无效。',
                'The code changes by itself; a screenshot is void.')));
        this.root.replaceChildren(this.frame);
    }

    #fill(code) {
        const { label, owner, image, colour, reason, until } = this.parts;
        const put = (element, ...children) => {
            const next = h('p', {}, ...children);

            // the same again is no news
            if (element.textContent !== next.textContent) {
                element.replaceChildren(...next.childNodes);
            }
        };

        this.code = code;
        this.frame.dataset.form = code.form;
        this.frame.dataset.band = code.band;
        this.frame.dataset.colour = code.colour;
        put(label, code.label);
        put(owner, [code.name, this.title].filter(Boolean).join(' · '));
        image.src = code.picture;
        put(colour, colourOf(code));
        put(reason, code.reason_text || '');
        put(until, ...code.until
            ? [say('至 ', 'Until '), timeOf(code.until)] : []);
        this.#tick();
    }

    /* Each second: the clock, and whether the code is still one. */
    #tick() {
        const over = this.code
            && this.civic.until(this.code.expires_at) <= 0;
        const { stale, image, clock, date } = this.parts;

        clock.textContent = seconds(this.civic);
        date.textContent = today(this.civic);
        image.classList.toggle('stale', over);

        const why = over ? this.lost : null;

        if (this.told !== why) {
            this.told = why;
            stale.replaceChildren(why ? OVER[why].cloneNode(true) : '');
            stale.hidden = !why;
        }
    }

    /* Until somebody looks at the page. */
    #seen() {
        return document.visibilityState === 'visible' ? null
            : new Promise((resolve) => {
                document.addEventListener('visibilitychange', resolve,
                                          { once: true, signal: this.signal });
                this.signal.addEventListener('abort', resolve,
                                             { once: true });
            });
    }

    #heard(lost) {
        const gone = lost === 'network';

        if (gone !== (this.lost === 'network')) {
            this.network(gone);
        }
        this.lost = lost;
    }

    async #next() {
        try {
            const code = await this.civic.get(`${this.path}?picture=png`,
                                              { signal: this.signal });

            if (!this.frame) {
                this.#draw();
            }
            this.#heard(null);
            this.#fill(code);
            return code.refresh_in;
        } catch (problem) {
            if (!(problem instanceof Problem) || !problem.isPassing
                || !this.code)
            {
                throw problem;
            }
            this.#heard(problem.isUnknown ? 'network' : 'service');
            return LOST;
        }
    }

    async run(shown) {
        const timer = setInterval(() => this.code && this.#tick(), 1000);

        this.signal.addEventListener('abort', () => clearInterval(timer));
        try {
            for (let first = true; ; first = false) {
                const wait = await this.#next();

                if (first) {
                    shown(this.code, this.parts.label);
                }
                await sleep(Math.max(1, wait) * 1000, this.signal);
                await this.#seen();
                this.signal.throwIfAborted();
            }
        } finally {
            clearInterval(timer);
        }
    }
}

/**
 * Shows a code until the signal aborts, with which it ends.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {string} options.path       of the code: '/kinship/code'
 * @param {string} [options.title]    what the person is to who shows it
 * @param {AbortSignal} options.signal
 * @param {(lost: boolean) => void} options.network
 * @param {(code: object, title: Element) => void} shown  the first time
 */
export function showCode(options, shown) {
    return new HealthCode(options).run(shown);
}
