/*
 * payment.js - one order of the citizen: what is to be paid, by which way,
 * and how it stands, until it says 已付款.
 *
 * Nothing that happens in the browser is a payment: neither a code that was
 * scanned nor the way back from Alipay's page.  The server's state alone is
 * shown, waited for, and asked for once more where somebody says that they
 * have paid.
 */

import { newKey, Problem } from './api.js';
import { clock, countdown, h, inAlipay, say, timeOf } from './dom.js';
import { notice, onSubmit, show } from './form.js';
import { refund, yuan } from './money.js';

// Which order was left for Alipay's page, in this tab.
const LEFT = 'civic.payment-left';

// Read the order: it stands otherwise than this page believes.
const MOVED_ON = new Set(['payment_paid', 'payment_removed', 'payment_over',
    'payment_closed', 'payment_not_yet', 'not_found']);

// Beyond that a date says more than a clock.
const SOON = 2 * 86400 * 1000;          // ms

/* A browser has few connections, and each wait holds one: of all orders in a
   page one is waited for. */
const open = new Set();
let followed = null;

function mayChange({ state, refunds }) {
    return state === 'unpaid' || state === 'refunding'
        || refunds.some((each) => each.state === 'open');
}

function leave(orderId) {
    try {
        sessionStorage.setItem(LEFT, orderId);
    } catch {
        // then the citizen asks by the button
    }
}

/** Whether this tab comes back from Alipay's page with that order; once. */
export function cameBack(orderId) {
    try {
        const left = sessionStorage.getItem(LEFT) === orderId;

        if (left) {
            sessionStorage.removeItem(LEFT);
        }
        return left;
    } catch {
        return false;
    }
}

function radio(name, value, checked, ...words) {
    return h('label', { class: 'tick' },
        h('input', { type: 'radio', name, value, checked }),
        h('span', {}, words));
}

/* A phone scans no code that it shows itself. */
function isPhone() {
    return matchMedia('(pointer: coarse) and (max-width: 40rem)').matches;
}

export class Payment {
    /**
     * @param {object} options
     * @param {import('./api.js').Civic} options.civic
     * @param {Element} options.root
     * @param {(lost: boolean) => void} options.network
     * @param {(order: object) => void} [options.changed]  another state
     */
    constructor({ civic, root, network, changed = () => {} }) {
        Object.assign(this, { civic, root, network, changed });
        this.key = newKey();
        this.order = null;
        this.stopped = new AbortController();
        this.following = new AbortController();
        this.trade = null;              // whose code is shown
        this.stopClocks = [];
        this.status = h('div', { class: 'payment' });
        this.said = h('p', { role: 'status' });
        this.act = h('div');
        root.replaceChildren(this.status, this.said, this.act);
        this.listen();
    }

    /* Until stop(). */
    listen() {
        const { signal } = this.stopped;

        document.addEventListener('language', () => this.read()
            .catch((problem) => this.failed(problem)), { signal });
        document.addEventListener('visibilitychange', () => {
            if (!document.hidden && mayChange(this.order)) {
                (this.trade ? this.check() : this.read())
                    .catch((problem) => this.failed(problem));
            }
        }, { signal });
    }

    stop() {
        this.stopped.abort();
        this.follow();
        this.rest();
    }

    /** Shows an order; one that was left for Alipay's page is asked for. */
    async open(order) {
        this.show(order);
        if (cameBack(order.order_id) && order.state === 'unpaid') {
            await this.check().catch((problem) => this.failed(problem));
        }
    }

    path(what) {
        return `/payment/orders/${this.order.order_id}${what}`;
    }

    async read() {
        this.show(await this.civic.get(this.path('')));
    }

    say(zh, en) {
        this.said.replaceChildren(say(zh, en));
    }

    failed(problem) {
        if (this.stopped.signal.aborted) {
            return;
        }
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (!this.form) {
            this.ways();
        }
        show(this.form, problem);
    }

    /* Clocks of what is not shown any more. */
    rest() {
        this.stopClocks.splice(0).forEach((stop) => stop());
        this.trade = null;
    }

    show(order) {
        const before = this.order;
        const moved = before?.state !== order.state;

        this.order = order;
        this.paint(order);
        if (order.state !== 'unpaid') {
            this.rest();
            this.form = null;
            this.act.replaceChildren();
            this.said.replaceChildren();
        } else if (moved) {
            this.ways();
        }
        this.follow();
        if (before && moved) {
            this.status.querySelector('.state').focus();
            this.changed(order);
        }
    }

    /* 个人付款状态 */
    paint(order) {
        const paid = order.state === 'paid';
        const left = h('span', { class: 'hint' });

        this.stopClock?.();
        this.status.replaceChildren(...[
            h('h2', {}, order.title),
            h('p', { role: 'status' },
                say('个人付款状态：', 'State of your payment: '),
                h('strong', { class: `state ${paid ? 'done' : ''}`,
                              tabindex: '-1' }, order.label)),
            h('dl', { class: 'facts' },
                h('dt', {}, say('金额', 'Amount')),
                h('dd', { class: 'amount' }, yuan(order.fen)),
                order.state === 'unpaid' ? [
                    h('dt', {}, say('截止时间', 'Deadline')),
                    h('dd', {}, timeOf(order.until), ' ', left)] : [],
                paid ? [h('dt', {}, say('付款时间', 'Paid at')),
                        h('dd', {}, timeOf(order.since))] : []),
            paid ? h('p', {}, say('付款成功后，考生须查看个人付款状态，确认显示“已付款”。',
                'After paying, look at the state of your payment and make '
                + 'sure that it says “Paid”.')) : null,
            order.hint ? h('p', { class: 'notice', role: 'note' }, order.hint)
                       : null,
            order.refunds.length > 0
                ? h('ul', {}, order.refunds.map(refund)) : null,
        ].filter(Boolean));
        this.stopClock = order.state === 'unpaid'
            ? this.clockOf(order.until, left) : null;
    }

    clockOf(until, place) {
        const stop = countdown(() => this.civic.until(until), (ms) => {
            place.replaceChildren(ms > 0 && ms < SOON
                ? say(`剩余 ${clock(ms)}`, `${clock(ms)} left`) : '');
        }, () => this.form && this.ways());

        this.stopped.signal.addEventListener('abort', stop);
        return stop;
    }

    /* What may still change is waited for, unless another one is. */
    follow() {
        this.following.abort();
        if (mayChange(this.order) && !this.stopped.signal.aborted) {
            open.add(this);
        } else {
            open.delete(this);
        }
        if (followed === this && !open.has(this)) {
            followed = null;
            [...open][0]?.follow();
        } else if (open.has(this) && (!followed || followed === this)) {
            followed = this;
            this.wait();
        }
    }

    /* Whoever does something here looks at this one. */
    attend() {
        if (followed !== this) {
            followed?.following.abort();
            followed = null;
            this.follow();
        }
    }

    wait() {
        const { order } = this;
        const stop = new AbortController();

        this.following = stop;
        this.civic.poll(this.path(`/wait?version=${order.version}`), null,
            (answer) => answer.version !== order.version,
            { signal: stop.signal, network: this.network })
            .then((answer) => !stop.signal.aborted && this.show(answer))
            .catch((problem) => !stop.signal.aborted && this.failed(problem));
    }

    put(...children) {
        this.form = h('form', {}, notice(), ...children);
        this.act.replaceChildren(this.form);
        return this.form;
    }

    /* 支付, by one way or the other. */
    ways() {
        const phone = isPhone();
        const { from, until } = this.order;

        this.rest();
        if (this.civic.until(from) > 0) {
            this.put(h('p', {}, say(`${timeOf(from)}起可以支付。`,
                `It can be paid from ${timeOf(from)} on.`)));
            return;
        }
        if (this.civic.until(until) <= 0) {
            this.put(h('p', {}, say('缴费已截止，正在向支付宝核对最后的付款。',
                'The deadline is over; Alipay is asked about the last '
                + 'payments.')), this.asker());
            return;
        }
        onSubmit(this.put(
            h('fieldset', {},
                h('legend', {}, say('支付方式', 'How to pay')),
                radio('channel', 'qr', !phone, say('手机支付宝扫码支付',
                    'Scan a code with Alipay on your phone')),
                radio('channel', 'page', phone, say('在支付宝网页上支付',
                    'On Alipay’s own page'))),
            h('button', { type: 'submit' }, say('支付', 'Pay')),
            this.asker()),
        ({ channel }) => this.pay(channel),
        (problem) => this.refused(problem));
    }

    async pay(channel) {
        const trade = await this.civic.post(this.path('/pay'), { channel },
                                            { key: this.key });

        this.key = newKey();
        if (channel === 'page') {
            leave(this.order.order_id);
            location.assign(trade.url);
        } else {
            this.code(trade);
        }
    }

    /* The same key where nobody knows what became of it, and only there. */
    refused(problem) {
        if (!problem.isUnknown) {
            this.key = newKey();
        }
        if (problem.code === 'payment_check') {
            this.check().catch((failure) => this.failed(failure));
        } else if (MOVED_ON.has(problem.code)) {
            this.read().then(() => this.form && show(this.form, problem))
                .catch((failure) => this.failed(failure));
        }
    }

    code(trade) {
        const left = h('span', { class: 'hint' });
        const form = this.put(
            h('p', {}, say('请用手机“支付宝”的“扫一扫”扫描二维码付款，付款后本页自动更新。',
                'Scan the code with Alipay on your phone and pay there; this '
                + 'page hears of it by itself.')),
            h('div', { class: 'code' }, h('img', { alt: '二维码 · QR code',
                width: 240, height: 240, src: trade.qr_png }),
                h('p', {}, h('span', { class: 'amount' }, yuan(trade.fen)),
                    ' ', left, inAlipay(trade.url))),
            this.sandbox(trade), this.asker(),
            h('button', { type: 'button', class: 'plain', onclick: () =>
                this.ways() }, say('换一种支付方式', 'Pay in another way')));

        this.rest();
        this.attend();
        this.trade = trade;
        onSubmit(form, () => this.check());
        this.stopClocks.push(countdown(
            () => this.civic.until(trade.expires_at),
            (ms) => left.replaceChildren(say(`剩余 ${clock(ms)}`,
                                             `${clock(ms)} left`)),
            () => this.codeOver()));
        form.querySelector('img').scrollIntoView?.({ block: 'nearest' });
    }

    /* Alipay takes nothing for it any more; what was paid is asked for. */
    codeOver() {
        this.ways();
        this.say('二维码已失效。如已付款，请点击“我已付款”；否则请重新支付。',
            'The code is over. If you have paid, press “I have paid”; '
            + 'otherwise begin again.');
    }

    /* In a sandbox there is no Alipay to scan it with. */
    sandbox(trade) {
        return !/\/sandbox\//.test(trade.url) ? null
            : h('p', {}, h('a', { href: trade.url, target: 'phone',
                                  rel: 'noopener' },
                say('用沙箱手机扫描', 'Scan it with the sandbox phone')));
    }

    asker() {
        return h('button', { type: 'button', class: 'plain', onclick: () =>
            this.check().catch((problem) => this.failed(problem)) },
            say('我已付款', 'I have paid'));
    }

    /* Asks Alipay, by the server. */
    async check() {
        if (this.asking) {
            return;
        }
        this.asking = true;
        this.attend();
        this.say('正在向支付宝查询付款状态……', 'Asking Alipay ...');
        try {
            this.show(await this.civic.post(this.path('/check')));
            if (this.order.state === 'unpaid') {
                this.say('支付宝尚未确认付款。如已付款，请勿重复支付，本页会自动更新。',
                    'Alipay does not confirm a payment yet. If you have paid, '
                    + 'do not pay again: this page hears of it by itself.');
            }
        } catch (problem) {
            this.said.replaceChildren();
            throw problem;
        } finally {
            this.asking = false;
        }
    }
}
