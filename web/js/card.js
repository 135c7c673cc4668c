/*
 * card.js - the way back from the card's issuer: takes code and state out of
 * the address bar and the history before anything else, then logs in.
 */

import { byId } from './dom.js';
import { civic, fail, isIn, open } from './page.js';

/* What the issuer said; absent parameters stay absent. */
function answer() {
    const query = new URLSearchParams(location.search);
    const said = {};

    for (const name of ['code', 'state', 'iss', 'error']) {
        if (query.has(name)) {
            said[name] = query.get(name);
        }
    }
    history.replaceState(null, '', location.pathname);
    return said;
}

async function finish(said) {
    if (Object.keys(said).length === 0) {
        await anew();
        return;
    }
    try {
        await civic.post('/login/card/finish', said);
    } catch (problem) {
        if (!problem.isUnknown || !await isIn()) {
            throw problem;
        }
    }
    location.replace('onboarding.html');
}

/* Loaded anew, or come to by "back": what was said is gone, and was good once
   only. */
async function anew() {
    location.replace(await isIn() ? 'onboarding.html' : './#card');
}

const said = answer();

byId('wait').hidden = false;

try {
    await open();
    await finish(said);
} catch (problem) {
    byId('wait').hidden = true;
    byId('again').hidden = false;
    fail(problem);
}
