/*
 * checkpoint.js - the page of staff who verify codes at an entrance: the place
 * is chosen once, then one code after the other is scanned, by a scanner that
 * types, or by the camera where the browser reads QR codes.
 *
 * What is told is told in large words, then in a colour.  It goes away after a
 * while: the next in the queue is not to read it.
 */

import { newKey, Problem } from './api.js';
import { byId, h, language, say, timeOf } from './dom.js';
import { onSubmit, show } from './form.js';
import { colourOf } from './health-code.js';
import { civic, fail, open } from './page.js';
import { camera } from './scanner.js';
import { staffSession } from './staff.js';

const PLACE = 'civic.checkpoint-place';
const SHOWN = 30000;            // ms that a verdict stands

/** @type {{code: string, label: string, kin: boolean}[]} */
let places = [];
let clearing = null;
let watching = null;            // the camera

function kept(place) {
    try {
        if (place !== undefined) {
            localStorage.setItem(PLACE, place);
        }
        return localStorage.getItem(PLACE);
    } catch {
        return null;
    }
}


/* ---- the place ----------------------------------------------------------------- */

/* 亲属码现阶段不适用于“一场两站”: told before somebody is refused. */
function tellPlace() {
    const place = places.find(({ code }) => code === byId('place').value);

    byId('place-hint').replaceChildren(place && !place.kin
        ? say('此处不适用亲属码（一场两站）。',
              'Relatives’ codes do not hold here.') : '');
}

async function choosePlace() {
    const chosen = byId('place').value || kept();

    ({ places } = await civic.get('/kinship/places'));
    byId('place').replaceChildren(
        h('option', { value: '' }, language() === 'en' ? 'Choose one'
                                                       : '请选择'),
        ...places.map(({ code, label }) => h('option', {
            value: code, selected: code === chosen }, label)));
    tellPlace();
}


/* ---- the verdict ----------------------------------------------------------------- */

function person(found) {
    return [
        h('p', { class: 'colour' }, h('strong', {}, colourOf(found))),
        h('p', { class: 'owner' }, found.name, ' · ',
            found.kind === 'kin' ? say('亲属码', 'Relative’s code')
                                 : say('一码通', 'Own code'),
            found.paper ? say('（离线码）', ' (on paper)') : ''),
        h('p', {}, found.reason_text || '',
            found.until ? [' ', say('至 ', 'until '), timeOf(found.until)]
                        : ''),
    ];
}

function tell(found) {
    clearTimeout(clearing);
    byId('verdict').replaceChildren(h('div', {
        class: 'answer', 'data-verdict': found.verdict,
        'data-colour': found.colour || null },
    h('h2', {}, found.label),
    found.verdict === 'genuine' ? person(found) : [],
    h('p', {}, found.hint || ''),
    h('p', { class: 'hint' }, timeOf(found.checked_at))));
    byId('verdict').scrollIntoView({ block: 'nearest' });
    clearing = setTimeout(() => byId('verdict').replaceChildren(), SHOWN);
}

/* The field is empty and has the focus: a scanner types into it.  Where the
   camera reads, a phone's keyboard would hide the verdict. */
function ready() {
    byId('code').value = '';
    if (!watching?.isOn) {
        byId('code').focus();
    }
}

async function check(values) {
    byId('verdict').replaceChildren();
    try {
        tell(await civic.post('/kinship/checks', {
            code: values.code || '',
            ...values.place ? { place: values.place } : {} },
        { key: newKey() }));
    } finally {
        ready();
    }
}


/* ---- the camera ------------------------------------------------------------------ */

/* What it reads goes the way of what a scanner types. */
function take(code) {
    byId('code').value = code;
    byId('scan').requestSubmit();
}

/* Refused, or there is none: it is said, and the field is left. */
async function useCamera() {
    watching?.stop();
    try {
        watching = await camera.watch(byId('video'), async (code) =>
            take(code));
        byId('code').blur();
    } catch (problem) {
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        show(byId('scan'), problem);
    }
}


/* ---- the page ---------------------------------------------------------------------- */

async function enter(problem) {
    const session = await staffSession({ civic, root: byId('staff'),
                                         problem });

    civic.onLoggedOut = out;
    byId('who').textContent = session.name;
    byId('inside').hidden = false;
    byId('camera').hidden = !camera.possible;
    await choosePlace();
    ready();
}

function out(problem) {
    civic.onLoggedOut = () => {};
    watching?.stop();
    watching = null;
    byId('verdict').replaceChildren();
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
    onSubmit(byId('scan'), check);
    byId('place').addEventListener('change', () => {
        kept(byId('place').value);
        tellPlace();
        ready();
    });
    byId('leave').addEventListener('click', () => leave().catch(fail));
    byId('camera').addEventListener('click',
        () => useCamera().catch(fail));
    document.addEventListener('language', () => {
        if (!byId('inside').hidden) {
            choosePlace().catch(fail);
        }
    });
    await enter();
} catch (problem) {
    fail(problem);
}
