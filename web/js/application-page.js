/*
 * application-page.js - the page 报名: which exam's stands after the # of the
 * address.
 */

import { Application } from './application.js';
import { byId, h, say } from './dom.js';
import { civic, fail, inside, network, open, toLogin } from './page.js';
import { citizen } from './session.js';
import { keepTyped } from './typed.js';

/** @type {Application|null} */
let shown = null;

function offer() {
    byId('application').replaceChildren(h('p', {}, h('a',
        { href: 'exam.html', class: 'button' },
        say('选择考试', 'Choose an examination'))));
}

async function choose() {
    const id = decodeURIComponent(location.hash.slice(1));

    shown?.stop();
    shown = null;
    if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) {
        offer();
        return;
    }
    byId('failure').hidden = true;
    shown = new Application({ civic, network, root: byId('application'),
                              exam_id: id });
    try {
        await shown.open();
    } catch (problem) {
        if (problem.status === 404) {
            // an old link, or one that was copied in part
            offer();
        }
        throw problem;
    }
}

try {
    await open();
    civic.onLoggedOut = (problem) => {
        keepTyped();
        shown?.stop();
        toLogin(problem);
    };
    await citizen();
    inside();
    addEventListener('hashchange', () => choose().catch(fail));
    document.addEventListener('language', () => shown?.anew().catch(fail));
    await choose();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
