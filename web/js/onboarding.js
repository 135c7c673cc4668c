/*
 * onboarding.js - the page after the login.
 */

import { byId, h, language, put, say } from './dom.js';
import { faceStep } from './face.js';
import { arrived, journey } from './journey.js';
import { civic, config, fail, inside, network, open, toLogin, wasAt }
    from './page.js';
import { citizen } from './session.js';

/* Who it is, masked, as soon as that is proven. */
async function name() {
    const profile = await civic.get('/login/profile');

    return h('p', {}, `${profile.name} ${profile.id_number}`);
}

/* 一码通, where this installation has it. */
function codes() {
    return config.codes
        ? h('p', {}, h('a', { class: 'button plain', href: config.codes },
            say('一码通 · 亲属码', 'Health codes')))
        : '';
}

/* 忘记密码: a proof that ends password, sessions and other ways of coming in;
   a login by one that is left asks for a new password then. */
function recovery() {
    return h('details', {},
        h('summary', {}, say('忘记密码，重新设置', 'Set another password')),
        h('p', {}, say('先通过人脸识别或服务窗口证明是您本人。此前的密码和所有已登录的设备随即失效；再用支付宝或电子社保卡扫码登录，设置新密码。',
            'First your face, or the counter, shows that it is you. The '
            + 'password and all logins end with it; then log in again by '
            + 'Alipay or the card, and set a new one.')),
        h('button', { type: 'button', class: 'plain',
                      onclick: () => recover().catch(fail) },
            say('重新设置密码', 'Set another password')));
}

async function recover() {
    await faceStep({ civic, network, root: byId('step'), channel: 'pc',
                     purpose: 'recover' });
    await go();
}

async function go() {
    const spoken = language();
    const plan = await journey({ civic, network, channel: 'pc',
                                 root: byId('step'), list: byId('steps') });
    const page = wasAt();

    if (page) {
        // the session had ended there
        location.replace(page);
        return;
    }
    put(byId('step'), arrived(plan, config.next), codes(), await name(),
        recovery());
    if (language() !== spoken) {
        // chosen while the server was asked
        await go();
        return;
    }
    document.addEventListener('language', () => go().catch(fail),
                              { once: true });
}

try {
    await open();
    civic.onLoggedOut = (problem) => toLogin(problem, false);
    await citizen();
    inside();
    await go();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
