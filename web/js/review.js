/*
 * review.js - the page of those who review: applications, and photos that a
 * person has to compare, one after the other.  Which queue is open stands after the # of
 * the address.
 */

import { byId, h, say } from './dom.js';
import { Desk, deskPlace } from './desk.js';
import { applicationQueue } from './desk-applications.js';
import { photoQueue } from './desk-photos.js';
import { civic, fail, open } from './page.js';
import { staffSession } from './staff.js';

/** @type {Desk|null} */
let desk = null;

const QUEUES = {
    applications: { title: () => say('资格审核', 'Applications'),
                    make: applicationQueue },
    photos: { title: () => say('照片比对', 'Photos'), make: photoQueue },
};

function choose() {
    const [name, exam] = location.hash.slice(1).split('/');
    const chosen = name in QUEUES ? name : Object.keys(QUEUES)[0];

    byId('queues').replaceChildren(...Object.entries(QUEUES).map(
        ([each, { title }]) => h('a', { href: `#${each}`,
            'aria-current': each === chosen ? 'true' : null }, title())));
    desk?.stop();
    desk = new Desk({ civic, root: deskPlace(), fail,
                      who: byId('who').textContent,
                      queue: QUEUES[chosen].make(civic, exam) });
    desk.idle();
}

async function enter(problem) {
    const session = await staffSession({ civic, root: byId('staff'),
                                         problem });

    civic.onLoggedOut = out;
    byId('who').textContent = session.name;
    byId('inside').hidden = false;
    choose();
}

/* The session is over: after another login the same item is held. */
function out(problem) {
    civic.onLoggedOut = () => {};
    desk?.stop();
    desk = null;
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
    addEventListener('hashchange', () => desk && choose());
    byId('leave').addEventListener('click', () => leave().catch(fail));
    await enter();
} catch (problem) {
    fail(problem);
}
