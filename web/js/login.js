/*
 * login.js - the login page: three ways, one of them open.  Which one stands
 * after the # of the address, so that "back" works and links can lead to it.
 */

import { openAccount } from './account.js';
import { Problem } from './api.js';
import { openCard } from './card-login.js';
import { byId } from './dom.js';
import { civic, config, fail, logOut, open, whyLoggedOut } from './page.js';
import { isStaff, staffHere } from './session.js';
import { openTicket } from './ticket.js';

const ways = { account: openAccount, alipay: openTicket, card: openCard };

/** @type {AbortController|null} ends what the open way does */
let current = null;

/* Somebody is logged in: what follows, follows on another page. */
function enter() {
    location.assign('onboarding.html');
}

function choose() {
    const chosen = location.hash.slice(1) in ways ? location.hash.slice(1)
                                                  : 'account';

    current?.abort();
    current = new AbortController();
    for (const way of Object.keys(ways)) {
        byId(`way-${way}`).hidden = way !== chosen;
    }
    for (const link of document.querySelectorAll('.ways a')) {
        if (link.hash === `#${chosen}`) {
            link.setAttribute('aria-current', 'true');
        } else {
            link.removeAttribute('aria-current');
        }
    }
    ways[chosen](civic, { signal: current.signal, enter }).catch(fail);
}

/* Whoever is in already, came back or has followed a link: no form. */
async function isIn() {
    try {
        const { roles } = await civic.get('/login/session');

        if (isStaff(roles)) {
            await staffHere(roles);
        }
        return true;
    } catch (problem) {
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (problem.status !== 401) {
            fail(problem);
        }
        return false;
    }
}

function welcome() {
    byId('to-codes').href = config.codes || '';
    byId('to-codes').hidden = !config.codes;
    byId('in').hidden = false;
    byId('ways').hidden = true;
    byId('log-out').addEventListener('click', () => logOut().catch(fail));
}

try {
    await open();

    const why = whyLoggedOut();

    if (why) {
        byId('failure').replaceChildren(...why);
        byId('failure').hidden = false;
    }
    if (await isIn()) {
        welcome();
    } else {
        byId('ways').hidden = false;
        addEventListener('hashchange', choose);
        choose();
    }
} catch (problem) {
    fail(problem);
}
