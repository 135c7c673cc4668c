/*
 * exams.js - the page 本次考试: the exams that there are, those that are not over
 * first, how far each is, and its positions.  Which exam's positions are
 * looked through stands after the # of the address.
 */

import { byId, h, say, timeOf } from './dom.js';
import { textOf } from './exam-form.js';
import { facts } from './facts.js';
import { Problem } from './api.js';
import { civic, fail, inside, open } from './page.js';
import { Positions } from './positions.js';

const WINDOWS = {
    registration: () => say('报名时间', 'Registration'),
    review: () => say('审核时间', 'Review'),
    payment: () => say('缴费时间', 'Payment'),
    printing: () => say('准考证打印', 'Printing of tickets'),
};

/** @type {Positions|null} */
let positions = null;

function span({ from, until }) {
    return `${timeOf(from)} – ${timeOf(until)}`;
}

/* What somebody can do about an exam depends on their application. */
function actions(exam, mine) {
    const id = exam.exam_id;
    const open = exam.windows.registration?.state === 'open';

    return h('p', {},
        mine || open ? h('a', { class: 'button',
                                href: `application.html#${id}` },
            mine ? say('查看报名', 'To your application')
                 : say('报名', 'Apply')) : null,
        h('a', { class: 'button plain', href: `exam.html#${id}` },
            say('查看职位', 'See the positions')));
}

function item(exam, mine) {
    return h('section', { class: 'order' },
        h('h2', { tabindex: '-1' }, textOf(exam.title)),
        h('p', {}, h('strong', {}, textOf(exam.state_text))),
        facts(...Object.entries(WINDOWS).map(([name, title]) =>
                  [title(), exam.windows[name] && span(exam.windows[name])]),
              [say('我的报名', 'Your application'), mine?.label]),
        actions(exam, mine));
}

/* Exams are seen by everybody; an application by who is logged in.  What fails
   otherwise is said, beside the exams: "apply" may be wrong there. */
async function applications() {
    try {
        return (await civic.get('/review/applications')).applications;
    } catch (problem) {
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (![401, 403, 404].includes(problem.status)) {
            fail(problem);
        }
        return null;
    }
}

/* What was seen of the list so far. */
const seen = { exams: [], mine: null, after: undefined };

const asked = () => decodeURIComponent(location.hash.slice(1));

/* The one whose positions are asked for; it may stand far down the list. */
async function chosen(id) {
    const exam = seen.exams.find((each) => each.exam_id === id);

    if (exam || !id) {
        return exam;
    }
    return civic.get(`/exam/exams/${encodeURIComponent(id)}`)
        .catch((problem) => {
            if (problem.code !== 'exam_not_found') {
                throw problem;
            }
            return undefined;
        });
}

async function look() {
    const id = asked();
    const exam = await chosen(id);
    const panel = h('div');

    if (id !== asked()) {
        return;                         // another one is, by now
    }
    positions?.stop();
    positions = null;
    byId('exams').hidden = Boolean(exam);
    byId('exam').hidden = !exam;
    if (exam) {
        byId('exam').replaceChildren(
            h('p', {}, h('a', { href: 'exam.html#' },
                say('‹ 全部考试', '‹ All examinations'))),
            h('h2', { tabindex: '-1' }, textOf(exam.title)), panel);
        positions = new Positions({ civic, root: panel, exam_id: id });
    }
}

function paint() {
    const more = h('button', { type: 'button', class: 'plain',
                               hidden: !seen.after,
                               onclick: () => next().catch(fail) },
        say('更多', 'More'));

    byId('exams').replaceChildren(...seen.exams.length === 0
        ? [h('p', {}, say('目前没有考试。', 'There is no examination now.'))]
        : seen.exams.map((exam) => item(exam, seen.mine?.find((each) =>
            each.exam_id === exam.exam_id))), more);
}

/* One that ended meanwhile comes again. */
function add(page) {
    seen.exams.push(...page.exams.filter(({ exam_id: id }) =>
        !seen.exams.some((each) => each.exam_id === id)));
    seen.after = page.after;
}

async function next() {
    const count = seen.exams.length;

    add(await civic.get(`/exam/exams?after=${encodeURIComponent(seen.after)}`));
    paint();
    byId('exams').querySelectorAll('h2')[count]?.focus();
}

/* Where somebody goes on who has followed a link within the page. */
function begin() {
    document.querySelector('main > :not([hidden]) h2')?.focus();
}

async function go() {
    const [page, mine] = await Promise.all([civic.get('/exam/exams'),
                                            applications()]);

    inside(mine !== null);
    Object.assign(seen, { exams: [], mine });
    add(page);
    paint();
    await look();
}

try {
    await open();
    await go();
    addEventListener('hashchange', () => look().then(begin).catch(fail));
    document.addEventListener('language', () => go().catch(fail));
} catch (problem) {
    fail(problem);
}
