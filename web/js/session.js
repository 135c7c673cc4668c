/*
 * session.js - who is logged in on this browser.  It has one session: a
 * citizen's, or one of staff.  On the pages of the other kind it is said whose
 * it is, and one can log out and go on.
 */

import { byId, h, say } from './dom.js';
import { notice, onSubmit } from './form.js';
import { civic } from './page.js';
import { typedBy } from './typed.js';

// Where staff work, by their roles.
const DESKS = [
    [['reviewer'], 'review.html'],
    [['sampler', 'laboratory'], 'sampling.html'],
    [['door', 'counter'], 'checkpoint.html'],
    [['office', 'administrator'], 'office.html'],
];

function deskOf(roles) {
    return DESKS.find(([some]) => some.some((role) => roles.includes(role)));
}

/** Whether these are roles of staff. */
export function isStaff(roles) {
    return deskOf(roles) !== undefined;
}

/* Until they have logged out. */
function offer({ place, title, text, button, session, home, homeWords }) {
    return new Promise((resolve) => {
        const head = h('h2', { tabindex: '-1' }, title);
        const form = h('form', { class: 'other-session' }, notice(), head,
            h('p', {}, text),
            h('button', { type: 'submit' }, button),
            h('p', {}, h('a', { href: home }, homeWords)));

        place(form);
        head.focus();
        onSubmit(form, async () => {
            civic.onLoggedOut = () => {};
            await civic.delete(session).catch((problem) => {
                if (problem.status !== 401) {
                    throw problem;
                }
            });
            form.remove();
            resolve();
        });
    });
}

/** Staff on a citizens' page: they log out, and the page begins anew. */
export async function staffHere(roles) {
    await offer({
        place: (form) => byId('failure').after(form),
        title: say('本浏览器已登录工作人员账号',
                   'Staff are logged in on this browser'),
        text: say('这里是个人办事页面。一个浏览器只能登录一种身份：请先退出工作人员账号，再以个人身份登录；也可换用其他浏览器。',
            'This page is for citizens. A browser has one login: log the '
            + 'staff account out first, or use another browser.'),
        button: say('退出工作人员账号，继续', 'Log staff out and go on'),
        session: '/staff/session', home: deskOf(roles)[1],
        homeWords: say('返回工作人员页面', 'Back to the staff’s page'),
    });
    location.reload();
    await new Promise(() => {});
}

/** A citizen on a page of staff; resolves when nobody is logged in. */
export function citizenHere(root) {
    root.hidden = false;
    return offer({
        place: (form) => root.replaceChildren(form),
        title: say('本浏览器已以个人身份登录',
                   'A citizen is logged in on this browser'),
        text: say('这里是工作人员页面。一个浏览器只能登录一种身份：请先退出个人登录，再用工作人员账号登录；也可换用其他浏览器。',
            'This page is for staff. A browser has one login: log the citizen '
            + 'out first, or use another browser.'),
        button: say('退出个人登录，继续', 'Log the citizen out and go on'),
        session: '/login/session', home: './',
        homeWords: say('返回个人页面', 'Back to the citizen’s page'),
    });
}

/** The first thing that a citizens' page asks: what had been typed is given
    back to the same person alone; staff are told where they are. */
export async function citizen() {
    try {
        const { name, id_number: number } = await civic.get('/login/identity');

        typedBy(number ? `${number} ${name}` : null);
    } catch (problem) {
        if (problem.status !== 403) {
            throw problem;
        }
        typedBy(null);

        const { roles } = await civic.get('/login/session');

        if (isStaff(roles)) {
            await staffHere(roles);
        }
    }
}
