/*
 * office.js - the page of the office for payments: money that should go back
 * and does not, why, and what to do next.  What went back leaves by itself.
 */

import { byId, h, say, timeOf } from './dom.js';
import { deskPlace } from './desk.js';
import { yuan } from './money.js';
import { civic, fail, open } from './page.js';
import { staffSession } from './staff.js';

const OFFICE = ['office', 'administrator'];
const PAGE = 50;

/* By the start of "why": what it is, and what to do. */
const WHY = [
    ['ACQ.SELLER_BALANCE_NOT_ENOUGH',
     () => say('收款账户余额不足。请充值；系统最迟半小时后自动再试，退成后从这里消失。',
         'The seller’s account is short of money. Fill it: the next try, '
         + 'half an hour later at most, goes through.')],
    ['no_answer',
     () => say('支付宝超过1小时没有答复。系统继续重试；请凭商户订单号在支付宝商家平台查看。',
         'Alipay has said nothing for an hour. It is tried again by itself; '
         + 'look the trade up in Alipay’s console.')],
    ['payment_refund_',
     () => say('规则不允许自动退款。请管理员核对；应当退的，由管理员按退款办理，或修改规则。',
         'The rules do not let it go back by itself. If it is right to, an '
         + 'administrator refunds the order, or the rule is changed.')],
    ['ACQ.',
     () => say('支付宝明确不能退。请凭商户订单号查询考生，线下退还。',
         'Alipay refuses it for good. Look the citizen up by the trade, and '
         + 'pay back by other means.')],
    ['',
     () => say('原因不明，系统继续重试。请查看系统日志，并凭商户订单号在支付宝商家平台查看。',
         'Nobody knows why; it is tried again by itself. See the log, and '
         + 'look the trade up in Alipay’s console.')],
];

function toDo(why) {
    return WHY.find(([start]) => why.startsWith(start))[1]();
}

function row({ since, fen, why, out_trade_no: trade, refund_no: refund,
               order_id: order }) {
    return h('tr', {}, h('td', {}, timeOf(since)),
        h('td', { class: 'amount' }, yuan(fen)),
        h('td', {}, toDo(why), h('br'), h('small', {}, why)),
        h('td', {}, h('code', {}, trade), h('br'), h('small', {}, refund
            ? [say('退款编号：', 'Refund '), refund]
            : [say('订单：', 'Order '), order])));
}

function table(stuck) {
    const head = [say('自', 'Since'), say('应退', 'Amount'),
        say('原因和办法', 'Why, and what to do'),
        say('商户订单号', 'Trade (out_trade_no)')];

    return h('div', { class: 'table', tabindex: '0' }, h('table', {},
        h('thead', {}, h('tr', {}, head.map((words) =>
            h('th', { scope: 'col' }, words)))),
        h('tbody', {}, stuck.map(row))));
}

function button(words, offset) {
    return h('button', { type: 'button', class: 'plain',
                         onclick: () => list(offset).catch(fail) }, words);
}

async function list(offset) {
    const { total, stuck } = await civic.get(
        `/payment/stuck?offset=${offset}&limit=${PAGE}`);
    const more = offset + stuck.length < total;

    byId('failure').hidden = true;
    deskPlace().replaceChildren(
        h('h2', {}, say('退不出去的款项', 'Money that does not go back')),
        h('p', { role: 'status' }, total === 0
            ? say('没有退不出去的款项。', 'There is none.')
            : say(`共${total}笔，久的在前。`, `${total}, the oldest first.`)),
        stuck.length > 0 ? table(stuck) : '',
        h('p', { class: 'row' }, button(say('重新查询', 'Look again'), 0),
          more ? button(say('下一页', 'More'), offset + PAGE) : ''));
}

async function enter(problem) {
    const session = await staffSession({ civic, root: byId('staff'),
                                         problem });

    civic.onLoggedOut = out;
    byId('who').textContent = session.name;
    byId('inside').hidden = false;
    if (session.roles.some((role) => OFFICE.includes(role))) {
        await list(0);
    } else {
        deskPlace().replaceChildren(h('p', { class: 'notice' }, say(
            '您的账号没有缴费考务的权限。',
            'Your account is not one of the office.')));
    }
}

function out(problem) {
    civic.onLoggedOut = () => {};
    deskPlace().replaceChildren();
    byId('inside').hidden = true;
    enter(problem).catch(fail);
}

async function leave() {
    civic.onLoggedOut = () => {};
    await civic.delete('/staff/session').catch((problem) => {
        if (problem.status !== 401) {
            throw problem;
        }
    });
    out();
}

try {
    await open();
    byId('leave').addEventListener('click', () => leave().catch(fail));
    await enter();
} catch (problem) {
    fail(problem);
}
