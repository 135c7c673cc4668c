/*
 * ticket.js - 支付宝扫码登录: a code to scan, and the number to type on the
 * phone, by which the citizen sees that it is this page that they let in.
 *
 * A code is shown for a while and then replaced; the one before can still be
 * scanned until it expires, so all that live are waited for, and the first
 * one that is scanned is the one that is shown from then on.
 */

import { Problem, sleep } from './api.js';
import { byId, clock, countdown, h, inAlipay, say } from './dom.js';
import { config, network } from './page.js';

// A page that nobody looks at asks for no more codes.
const MOST = 20;

const TRIES = 3;                // of coming in, without an answer

const OVER = new Set(['confirmed', 'refused', 'expired', 'redeemed']);

let civic = null;
let way = null;
let shown = null;               // the ticket in the page
let made = 0;
let stopClock = () => {};

/* What stands in the section; made once. */
function parts() {
    const root = byId('alipay');

    if (root.childElementCount === 0) {
        root.append(
            h('p', { id: 'ticket-state', role: 'status' }),
            h('div', { class: 'code', id: 'ticket', hidden: true },
                h('img', { id: 'ticket-code', alt: '二维码 · QR code', width: 240,
                           height: 240 }),
                h('p', {},
                    say('在手机上输入这个数字',
                        'The number to type on the phone'),
                    h('span', { id: 'ticket-number', class: 'number' }),
                    h('span', { id: 'ticket-left', class: 'hint' })),
                h('p', { id: 'ticket-app' })),
            h('p', { id: 'ticket-phone', hidden: true }),
            h('p', {}, h('button', { type: 'button', id: 'ticket-new',
                                     class: 'plain', hidden: true,
                                     onclick: again },
                say('刷新二维码', 'Get a new code'))));
    }
    return root;
}

function state(zh, en) {
    byId('ticket-state').replaceChildren(say(zh, en));
}

function paint(ticket) {
    const code = byId('ticket-code');
    const phone = byId('ticket-phone');

    shown = ticket;
    parts();
    code.src = ticket.qr_png;
    code.classList.toggle('stale', ticket.state !== 'new');
    byId('ticket-number').textContent = ticket.number;
    byId('ticket').hidden = false;
    byId('ticket-new').hidden = false;
    byId('ticket-app').replaceChildren(ticket.state === 'new'
        ? inAlipay(ticket.url) : '');
    phone.hidden = !config.sandbox_phone || ticket.state !== 'new';
    phone.replaceChildren(h('a', { href: ticket.url, target: 'phone' },
        say('用沙箱手机扫描', 'Scan it with the sandbox phone')));

    stopClock();
    stopClock = countdown(() => civic.until(ticket.expires_at), (ms) => {
        byId('ticket-left').replaceChildren(say(`剩余 ${clock(ms)}`,
                                                `${clock(ms)} left`));
    }, () => {});

    if (ticket.state === 'new') {
        state('请用手机“支付宝”的“扫一扫”扫描二维码。',
              'Scan the code with Alipay on your phone.');
    } else {
        state('已扫描。请在手机上输入下面的数字，然后点击“确认登录”和“授权”。',
              'Scanned. Type the number below on the phone, then press '
              + '确认登录 and 授权.');
    }
}

/* Nothing to scan any more, until somebody asks. */
function rest(zh, en) {
    stopClock();
    state(zh, en);
    byId('ticket').hidden = true;
    byId('ticket-phone').hidden = true;
    byId('ticket-new').hidden = false;
}

/* Asks again where the answer was lost: the ticket lets in once, and tells
   that it has. */
async function redeem(ticket) {
    state('登录成功，正在进入……', 'You are logged in.');
    for (let tries = 1; ; tries++) {
        try {
            await civic.post('/login/qr-tickets/redeem',
                             { ticket: ticket.ticket });
            return way.enter();
        } catch (problem) {
            if (!problem.isUnknown || tries === TRIES) {
                throw problem;
            }
            await sleep(1000, way.signal);
        }
    }
}

async function over(ticket) {
    if (ticket.state === 'confirmed') {
        await redeem(ticket);
    } else if (ticket.state === 'redeemed') {
        // another tab of this browser is in, and so are we
        way.enter();
    } else if (ticket === shown && ticket.state === 'expired') {
        await begin();
    } else if (ticket === shown && ticket.reason === 'number_wrong') {
        rest('手机上多次输入的数字不正确，本次登录已取消。',
             'Too many wrong numbers were typed on the phone.');
    } else if (ticket === shown) {
        rest('您在手机上拒绝了登录。', 'The login was refused on the phone.');
    }
}

/* Waits for one ticket to its end. */
async function follow(ticket) {
    const { signal } = way;

    await civic.poll('/login/qr-tickets/wait',
        () => ({ ticket: ticket.ticket, state: ticket.state }),
        (answer) => {
            ticket.state = answer.state;
            ticket.reason = answer.reason;
            ticket.expires_at = answer.expires_at || ticket.expires_at;
            if (ticket.state === 'scanned') {
                paint(ticket);
            }
            return OVER.has(ticket.state);
        }, { signal, network });
    await over(ticket);
}

async function replace(ticket) {
    await sleep(ticket.refresh_in * 1000, way.signal);
    if (ticket === shown && ticket.state === 'new') {
        await begin();
    }
}

function tell(problem) {
    if (!(problem instanceof Problem)) {
        if (!way.signal.aborted) {
            throw problem;
        }
        return;
    }
    if (problem.code === 'outcome_unknown') {
        rest('系统暂时不可用，没有二维码。请稍候，再点击“刷新二维码”。',
             'The service is away, and there is no code. Wait a moment, then '
             + 'ask for another one.');
    } else {
        rest(problem.detail, problem.detail);
    }
}

async function begin() {
    let ticket;

    if (made++ >= MOST) {
        rest('二维码已失效。', 'The code is over.');
        return;
    }
    ticket = await civic.post('/login/qr-tickets', { format: 'png' },
                              { signal: way.signal });
    ticket.state = 'new';
    paint(ticket);
    follow(ticket).catch(tell);
    replace(ticket).catch(tell);
}

function again() {
    made = 0;
    shown = null;
    byId('ticket-new').hidden = true;
    begin().catch(tell);
}

/** Opens this way of the login page. */
export async function openTicket(client, options) {
    civic = client;
    way = options;
    parts();
    way.signal.addEventListener('abort', () => stopClock());
    again();
}
