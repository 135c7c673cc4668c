/*
 * money.js - amounts, and what became of money that goes back.
 */

import { h, say } from './dom.js';

/** Fen as people write them. */
export function yuan(fen) {
    return `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}

/** A line for one refund. */
export function refund({ fen, kind, state }) {
    const amount = yuan(fen);
    const late = kind === 'late';

    return h('li', {}, state === 'done'
        ? say(`${late ? '重复或逾期的付款' : '退款'} ${amount}：已按原支付方式退回。`,
              `${late ? 'Paid twice or too late' : 'Refund'}, ${amount}: it `
              + 'went back the way it came.')
        : say(`${late ? '重复或逾期的付款' : '退款'} ${amount}：退款中，无需办理。`,
              `${late ? 'Paid twice or too late' : 'Refund'}, ${amount}: it `
              + 'is on its way back by itself.'));
}
