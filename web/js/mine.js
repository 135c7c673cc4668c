/*
 * mine.js - the page 我的消息与同意: which of the two is open stands after the #
 * of the address.
 */

import { consentsView } from './consents.js';
import { byId } from './dom.js';
import { messagesView } from './messages.js';
import { civic, fail, inside, open, toLogin } from './page.js';
import { citizen } from './session.js';

const VIEWS = { messages: messagesView, consents: consentsView };

let stop = new AbortController();

function go() {
    const { signal } = stop;
    const chosen = location.hash.slice(1) in VIEWS ? location.hash.slice(1)
                                                   : 'messages';

    for (const link of document.querySelectorAll('.ways a')) {
        if (link.hash === `#${chosen}`) {
            link.setAttribute('aria-current', 'true');
        } else {
            link.removeAttribute('aria-current');
        }
    }
    byId('failure').hidden = true;
    return VIEWS[chosen]({ civic, signal, root: byId('view') });
}

/* A view that is left ends by its signal, which is no failure. */
function start() {
    stop.abort();
    stop = new AbortController();
    go().catch(fail);
}

try {
    await open();
    civic.onLoggedOut = (problem) => toLogin(problem);
    await citizen();
    inside();
    addEventListener('hashchange', start);
    document.addEventListener('language', start);
    start();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
