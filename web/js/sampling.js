/*
 * sampling.js - the page of a sampling point and of the laboratory: tubes for
 * those who take samples, results for those who test them.  Which of the two
 * is open stands after the # of the address.
 */

import { byId, h, say } from './dom.js';
import { deskPlace } from './desk.js';
import { civic, fail, open } from './page.js';
import { resultsDesk } from './sampling-results.js';
import { tubesDesk } from './sampling-tubes.js';
import { staffSession } from './staff.js';

const PARTS = {
    tubes: { role: 'sampler', title: () => say('采样', 'Sampling'),
             make: tubesDesk },
    results: { role: 'laboratory', title: () => say('结果登记', 'Results'),
               make: resultsDesk },
};

let mine = [];
let stop = () => {};

function choose() {
    const wanted = location.hash.slice(1);
    const chosen = mine.find(([name]) => name === wanted) || mine[0];

    stop();
    byId('queues').replaceChildren(...mine.map(([name, { title }]) =>
        h('a', { href: `#${name}`,
                 'aria-current': name === chosen?.[0] ? 'true' : null },
          title())));
    if (!chosen) {
        deskPlace().replaceChildren(h('p', { class: 'notice' }, say(
            '您的账号既不是采样员，也不是实验室人员。',
            'Your account is neither a sampler\'s nor the laboratory\'s.')));
        return;
    }
    stop = chosen[1].make({ civic, root: deskPlace(), fail });
}

async function enter(problem) {
    const session = await staffSession({ civic, root: byId('staff'),
                                         problem });

    civic.onLoggedOut = out;
    mine = Object.entries(PARTS).filter(([, { role }]) =>
        session.roles.includes(role));
    byId('who').textContent = session.name;
    byId('inside').hidden = false;
    choose();
}

/* The session is over: what was registered stands. */
function out(problem) {
    civic.onLoggedOut = () => {};
    stop();
    stop = () => {};
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
    addEventListener('hashchange', choose);
    byId('leave').addEventListener('click', () => leave().catch(fail));
    await enter();
} catch (problem) {
    fail(problem);
}
