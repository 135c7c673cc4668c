/*
 * onboarding.js - the page after the login.
 */

import { byId, h } from './dom.js';
import { arrived, journey } from './journey.js';
import { civic, config, fail, logOut, network, open, toLogin } from './page.js';

/* Who it is, masked, as soon as that is proven. */
async function name() {
    const profile = await civic.get('/login/profile');

    return h('p', {}, `${profile.name} ${profile.id_number}`);
}

async function go() {
    const plan = await journey({ civic, network, channel: 'pc',
                                 root: byId('step'), list: byId('steps') });

    byId('step').replaceChildren(...arrived(plan, config.next), await name());
    document.addEventListener('language', () => go().catch(fail),
                              { once: true });
}

try {
    await open();
    civic.onLoggedOut = () => toLogin(true);
    byId('leave').addEventListener('click', () => logOut().catch(fail));
    byId('leave').hidden = false;
    await go();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
