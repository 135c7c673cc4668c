/*
 * phone.js - the sandbox phone: what the mini-program does, with the real
 * routes and a token in place of a cookie.  Only my.getAuthCode() and the
 * camera are the sandbox' own.
 *
 * A ticket comes after the # of the address, as from a QR code that was
 * scanned, or is pasted.  The token stays in this tab alone.
 */

import { Civic } from '/web/js/api.js';
import { consentOf, consentParts, textOf } from '/web/js/consent.js';
import { byId, h, language, say, timeOf } from '/web/js/dom.js';
import { clear, onSubmit, show } from '/web/js/form.js';
import { arrived, journey } from '/web/js/journey.js';
import { config, fail, network, open } from '/web/js/page.js';

const KEPT = 'civic.sandbox-phone';
const AUTHORISATION = 'identity';

/* A program keeps what it is given: a new session's token, too. */
class Phone extends Civic {
    adopt(answer) {
        super.adopt(answer);
        sessionStorage.setItem(KEPT, JSON.stringify({
            owner: this.owner, user: this.user, token: this.token,
            device: this.device }));
        return answer;
    }
}

const civic = new Phone({ session: 'bearer', language });

/** @type {string|null} a ticket that waits for somebody to log in */
let waiting = null;


/* ---- whose phone -------------------------------------------------------- */

function inside(owner) {
    byId('owner').hidden = true;
    byId('inside').hidden = false;
    byId('who').replaceChildren(say(`${owner}的手机`, `${owner}’s phone`));
}

function outside() {
    sessionStorage.removeItem(KEPT);
    civic.token = null;
    byId('owner').hidden = false;
    byId('inside').hidden = true;
    for (const id of ['ticket', 'steps', 'step']) {
        byId(id).replaceChildren();
    }
    byId('enter').hidden = false;
}

/* my.getAuthCode(), then the login. */
async function login({ user }) {
    const { auth_code } = await civic.post('/sandbox/alipay/auth-codes',
        { user, scope: 'auth_base' });

    civic.owner = byId('user').selectedOptions[0].text;
    civic.user = user;
    civic.adopt(await civic.post('/login/alipay', { auth_code }));
    inside(civic.owner);
    await scanWaiting();
}

async function people() {
    const { people: all } = await civic.get('/sandbox/people');

    byId('user').replaceChildren(...all.map((person) =>
        h('option', { value: person.user }, person.name)));
}

/* A page that is loaded anew goes on as the same. */
async function resume() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || 'null');

    if (!kept?.token) {
        return;
    }
    Object.assign(civic, kept);
    inside(kept.owner);
    await civic.get('/login/session').catch((problem) => {
        outside();
        if (problem.status !== 401) {
            throw problem;
        }
    });
}


/* ---- a login on a PC ---------------------------------------------------- */

/* What a QR code of ours, or Alipay's link around it, has for a ticket. */
function ticketIn(content) {
    const text = decodeURIComponent(decodeURIComponent(content));
    const found = /[#?&]ticket=([A-Za-z0-9_-]+)/.exec(text);

    return found ? found[1] : null;
}

function finished(zh, en) {
    byId('ticket').replaceChildren(h('p', { class: 'done', role: 'status' },
        say(zh, en)));
}

function line(zh, en, value) {
    return h('li', {}, say(zh, en), value);
}

function refuse(ticket) {
    const form = h('form', {},
        h('p', { class: 'notice', role: 'alert', hidden: true }),
        h('button', { type: 'submit', class: 'plain' }, say('拒绝',
                                                            'Refuse')));

    onSubmit(form, async () => {
        await civic.post('/login/qr-tickets/refuse', { ticket });
        finished('已拒绝', 'Refused');
    });
    return form;
}

/* 确认登录, and 授权 if that is still to be given. */
function confirm(ticket, asked) {
    const form = h('form', {},
        h('p', { class: 'notice', role: 'alert', hidden: true }),
        h('h2', {}, say('电脑正在请求登录', 'A computer wants to log in')),
        h('ul', {},
            line('网络：', 'Network: ', asked.place || '—'),
            line('浏览器：', 'Browser: ', asked.browser || '—'),
            line('时间：', 'Since: ',
                 timeOf(asked.begun_at))),
        h('label', { for: 'number' }, say('电脑屏幕上的数字',
                                          'The number on its screen')),
        h('input', { id: 'number', name: 'number', type: 'text',
                     inputmode: 'numeric', autocomplete: 'off',
                     maxlength: asked.number_length }),
        h('button', { type: 'submit' }, say('确认登录',
                                            'Confirm the login')));

    byId('ticket').replaceChildren(form, refuse(ticket));
    onSubmit(form, async ({ number }) => {
        await civic.post('/login/qr-tickets/confirm', { ticket, number });
        finished('已确认登录', 'The login is confirmed');
    }, (problem) => {
        if (problem.code === 'consent_required') {
            authorise(ticket, form.elements.number.value).catch(fail);
        }
    });
}

async function authorise(ticket, number) {
    const text = await textOf(civic, AUTHORISATION);
    const form = h('form', {},
        h('p', { class: 'notice', role: 'alert', hidden: true }),
        h('h2', {}, say('授权', 'Authorisation')),
        consentParts(text),
        h('button', { type: 'submit' }, say('授权', 'I authorise')));

    byId('ticket').replaceChildren(form, refuse(ticket));
    onSubmit(form, async (values) => {
        await civic.post('/login/qr-tickets/confirm', { ticket, number,
            consent: consentOf(text, values, 'alipay') });
        finished('已确认登录', 'The login is confirmed');
    });
}

async function scan(ticket) {
    waiting = null;
    byId('ticket').replaceChildren();
    try {
        confirm(ticket, await civic.post('/login/qr-tickets/scan',
                                         { ticket }));
    } catch (problem) {
        if (problem.status === 401) {
            waiting = ticket;
            outside();
        }
        show(byId(problem.status === 401 ? 'owner' : 'scan'), problem);
    }
}


/* ---- paying ------------------------------------------------------------- */

const SUCCEEDED = '9000';

function payments(number, action) {
    return civic.post('/sandbox/alipay/payments',
        { number, user: civic.user, action });
}

/* my.tradePay(): resolves with { resultCode } when somebody has decided.  A
   QR code's content is as good as a number. */
async function tradePay({ tradeNO }) {
    const asked = await payments(tradeNO, 'enter');

    if (asked.result_code !== SUCCEEDED) {
        finished(asked.reason, asked.reason);
        return { resultCode: asked.result_code };
    }
    const form = h('form', { id: 'payment' },
        h('p', { class: 'notice', role: 'alert', hidden: true }),
        h('h2', {}, say('支付宝付款', 'Pay with Alipay')),
        h('ul', {},
            line('商品：', 'For: ', asked.subject),
            line('金额：', 'Amount: ', `¥${asked.total_amount}`)),
        h('button', { type: 'submit' }, say('确认付款', 'Pay')));
    const away = h('form', {},
        h('p', { class: 'notice', role: 'alert', hidden: true }),
        h('button', { type: 'submit', class: 'plain' }, say('放弃付款',
                                                            'Give up')));

    byId('ticket').replaceChildren(form, away);
    return new Promise((resolve) => {
        onSubmit(form, async () => {
            const { result_code, reason } = await payments(tradeNO, 'pay');

            finished(reason || '付款成功', reason || 'Paid');
            resolve({ resultCode: result_code });
        });
        onSubmit(away, async () => {
            const { result_code } = await payments(tradeNO, 'give_up');

            finished('未付款', 'Nothing was paid');
            resolve({ resultCode: result_code });
        });
    });
}

/* What pages of the mini-program call, as they would on a real phone. */
globalThis.my = { tradePay };

/* Of the address, which does not keep it. */
function takeAddress() {
    waiting = ticketIn(location.hash) || waiting;
    history.replaceState(null, '', location.pathname);
}

async function scanWaiting() {
    if (waiting && civic.token) {
        await scan(waiting);
    }
}

/* A login's ticket, something to pay; anything else is an address that the
   phone opens. */
async function scanned({ content = '' }) {
    const ticket = ticketIn(content);

    if (/^\d{16,64}$|\/sandbox\/phone\/pay\/\w+$/.test(content)) {
        clear(byId('scan'));
        byId('content').value = '';
        tradePay({ tradeNO: content }).catch(fail);
        return;
    }
    if (!ticket && /^https?:\/\//.test(content)) {
        location.assign(content);
        return;
    }
    clear(byId('scan'));
    await scan(ticket || content);
    byId('content').value = '';
}


/* ---- the mini-program itself -------------------------------------------- */

async function enter() {
    byId('enter').hidden = true;
    try {
        const plan = await journey({ civic, network, channel: 'phone',
            root: byId('step'), list: byId('steps') });

        // where 本次考试 leads to is a PC's page, and has no token
        byId('step').replaceChildren(...arrived(plan, ''));
    } catch (problem) {
        if (problem.status !== 401) {
            throw problem;
        }
        outside();
        show(byId('owner'), problem);
    }
}

async function leave() {
    await civic.delete('/login/session').catch(() => {});
    outside();
}

takeAddress();
try {
    await open();
    civic.base = config.api || '';
    onSubmit(byId('owner'), login);
    onSubmit(byId('scan'), scanned);
    byId('enter').addEventListener('submit', (event) => {
        event.preventDefault();
        enter().catch(fail);
    });
    byId('leave').addEventListener('click', () => leave().catch(fail));
    addEventListener('hashchange', () => {
        takeAddress();
        scanWaiting().catch(fail);
    });
    await people();
    await resume();
    await scanWaiting();
} catch (problem) {
    fail(problem);
}
