/*
 * payments.js - the page 网上支付: all orders of the citizen.  Alipay's page
 * leads back here.
 */

import { byId, h, say } from './dom.js';
import { civic, fail, inside, network, open, toLogin } from './page.js';
import { Payment } from './payment.js';
import { citizen } from './session.js';

/* What an order is for, where there is a page about it. */
function about({ item }) {
    const exam = /^exam:([a-z0-9-]+)$/.exec(item);

    return exam ? h('p', {}, h('a', { href: `application.html#${exam[1]}` },
        say('查看报名', 'To the application'))) : '';
}

async function place(order) {
    const root = h('div');

    byId('orders').append(h('section', { class: 'order' }, root,
                            about(order)));
    await new Payment({ civic, root, network }).open(order);
}

async function go() {
    const { orders } = await civic.get('/payment/orders');

    if (orders.length === 0) {
        byId('orders').replaceChildren(h('p', {}, say('没有需要支付的费用。',
            'There is nothing to be paid.')));
    }
    await Promise.all(orders.map(place));
}

try {
    await open();
    civic.onLoggedOut = (problem) => toLogin(problem);
    await citizen();
    inside();
    await go();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
