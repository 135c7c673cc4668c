/*
 * page.js - what all pages have: the service's names, the language, the
 * client of the API, and the line that tells of a lost network.
 */

import { Civic, Problem } from './api.js';
import { byId, h, language, pick, say } from './dom.js';
import { forgetTyped, isTypedKept, keepTyped } from './typed.js';

const LANGUAGE = 'civic.language';

/** What the operator has set: /etc/civic/web.json. */
export let config = {};

/** The pages' client: its session is a cookie, which no script sees. */
export const civic = new Civic({ language });

/* A browser that keeps nothing still shows pages. */
function kept(name, value) {
    try {
        if (value !== undefined) {
            localStorage.setItem(name, value);
        }
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

/* A text, or one for each language. */
function textOf(words) {
    return typeof words === 'string' ? words : pick(words || {}) || '';
}

/* What is no number, the example say, is not dialled. */
function dial(telephone) {
    return /^[+\d][\d ()-]*$/.test(telephone)
        ? h('a', { href: `tel:${telephone.replace(/[^+\d]/g, '')}` },
            telephone)
        : telephone;
}

function names() {
    const title = document.querySelector('h1 [lang="'
        + `${language() === 'en' ? 'en' : 'zh-CN'}"]`);
    const service = pick(config.service || {});
    const telephone = textOf(config.telephone);

    byId('service')?.replaceChildren(service || '');
    document.title = [title?.textContent, service].filter(Boolean)
        .join(' · ');
    byId('support')?.replaceChildren(...(telephone
        ? [say('技术支持电话：', 'Support: '), dial(telephone),
           ` (${textOf(config.hours)})`]
        : []));
    for (const each of document.querySelectorAll('.telephone')) {
        each.replaceChildren(...(telephone ? [dial(telephone)] : []));
    }
    for (const each of document.querySelectorAll('.mini-program')) {
        each.replaceChildren(pick(config.mini_program || {}) || '');
    }
}

function speak(which) {
    document.documentElement.lang = which;
    names();
    document.dispatchEvent(new Event('language'));
}

function addSwitch() {
    byId('language')?.addEventListener('click', () => {
        const other = language() === 'en' ? 'zh-CN' : 'en';

        kept(LANGUAGE, other);
        speak(other);
    });
}

/* What told of it is stale once something was answered: but not by what was
   already under way when the network went. */
function connected() {
    if (!navigator.onLine) {
        return;
    }
    for (const notice of document.querySelectorAll('[data-no-answer]')) {
        notice.removeAttribute('data-no-answer');
        if (notice.id === 'failure') {
            // what it had to show is still not there
            notice.replaceChildren(say('网络已恢复。', 'The network is back.'),
                                   anew());
        } else {
            notice.hidden = true;
            notice.replaceChildren();
        }
    }
}

/* The way out of a page that could not be made. */
function anew() {
    return h('p', {}, h('button', { type: 'button', class: 'plain',
                                    onclick: () => location.reload() },
        say('重新载入', 'Load it again')));
}

/* What is away, and that it is back. */
const GONE = {
    network: () => say('网络已断开，正在重新连接……',
        'The network is gone; connecting again ...'),
    service: () => say('系统暂时不可用，正在重新连接……',
        'The service is away; trying again ...'),
};
const THERE = {
    network: () => say('网络已恢复。', 'The network is back.'),
    service: () => say('系统已恢复。', 'The service is back.'),
};

/** Says that the network is gone, or by that problem the service, and that it
    came back. */
export function network(lost, problem) {
    const line = byId('network');

    if (line) {
        const what = !lost ? line.dataset.gone || 'network'
            : problem && !problem.isUnknown ? 'service' : 'network';

        delete line.dataset.again;
        line.dataset.gone = what;
        line.replaceChildren((lost ? GONE : THERE)[what]());
        line.hidden = false;
    }
    if (line && !lost) {
        setTimeout(() => { line.hidden = true; }, 4000);
    }
}

/* Requests that are asked again: nobody looks at a page that says nothing for
   as long as that takes. */
let asked = 0;

function again(more) {
    const line = byId('network');

    asked += more ? 1 : -1;
    if (asked > 0 && navigator.onLine) {
        line?.replaceChildren(say('系统繁忙，正在重试，请稍候……',
                                  'There is no answer yet: trying again ...'));
        line?.setAttribute('data-again', '');
        line?.removeAttribute('hidden');
    } else if (line && 'again' in line.dataset) {
        delete line.dataset.again;
        line.hidden = true;
    }
}

/** Names elements that stand in a page for later. */
export function fill() {
    names();
}

const OVER = 'civic.session-over';
const BACK = 'civic.back-to';

// Pages of ours, and what is open in them.
const PAGE = /^[a-z]+\.html(#.*)?$/;

/* Of this tab: set, taken away (null), or asked for. */
function noted(name, value) {
    try {
        if (value === null) {
            sessionStorage.removeItem(name);
        } else if (value !== undefined) {
            sessionStorage.setItem(name, value);
        }
        return sessionStorage.getItem(name);
    } catch {
        return null;
    }
}

/** To the login page, which says why.
    @param {Problem|null} problem  what came of a session that is over, or that
        there was none; null: by the citizen's own wish
    @param {boolean} back  whether who has logged in goes on here */
export function toLogin(problem, back = true) {
    const here = location.pathname.split('/').pop() + location.hash;

    if (problem) {
        keepTyped();
    } else {
        forgetTyped();
    }
    noted(OVER, problem && problem.code);
    noted(BACK, problem && back ? here : null);
    location.replace('./');
}

/** Ends the session, and leads to the login page. */
export async function logOut() {
    civic.onLoggedOut = () => {};
    await civic.delete('/login/session').catch((problem) => {
        if (problem.status !== 401) {
            throw problem;
        }
    });
    toLogin(null);
}

/** What who is logged in finds at the end of a citizens' page: messages and
    consents, and the way out. */
export function inside(isIn = true) {
    byId('bye').hidden = !isIn;
    byId('leave').onclick = () => logOut().catch(fail);
}

/** Whether somebody is in: the answer to a login may be lost after its cookie
    came. */
export function isIn() {
    return civic.get('/login/session').then(() => true, () => false);
}

/** Why somebody was sent to the login page, in words; told once, and null if
    nobody was. */
export function whyLoggedOut() {
    const code = noted(OVER);

    noted(OVER, null);
    return code && [
        code === 'session_expired'
            ? say('登录已失效，请重新登录。', 'Your session is over: log in again.')
            : say('请先登录。', 'Log in first.'),
        noted(BACK) ? say('登录后回到刚才的页面。',
                          ' You come back to the page then.') : '',
        isTypedKept() ? say('尚未保存的内容，本人登录后恢复。',
            ' What was not saved is given back to you.') : ''];
}

/** The page that somebody was sent away from, to go on there; once. */
export function wasAt() {
    const page = noted(BACK);

    noted(BACK, null);
    return PAGE.test(page || '') ? page : null;
}

/** The first thing that a page does. */
export async function open() {
    speak(kept(LANGUAGE) || (/^zh/i.test(navigator.language) ? 'zh-CN'
                                                             : 'en'));
    addSwitch();
    addEventListener('unhandledrejection', (event) => fail(event.reason));
    // what "back" brings out of the browser's memory is begun anew: whoever
    // was in may have logged out
    addEventListener('pageshow', ({ persisted }) => persisted
        && location.reload());
    addEventListener('offline', () => network(true));
    addEventListener('online', () => {
        network(false);
        connected();
    });
    civic.onAnswer = connected;
    civic.onAgain = again;
    config = await civic.get('/web/config.json');
    civic.base = config.api || '';
    names();
}

/** What nobody has foreseen: said, and never silent. */
export function fail(problem) {
    const line = byId('failure');

    if (problem?.name === 'AbortError') {
        return;
    }
    if (line) {
        line.replaceChildren(problem instanceof Problem ? problem.detail
            : say('页面出现问题，请刷新后重试。',
                  'Something is wrong with this page. Load it again.'));
        if (!(problem instanceof Problem) || problem.isUnknown
            || problem.status >= 500)
        {
            line.append(anew());
        }
        line.hidden = false;
        line.toggleAttribute('data-no-answer',
                             problem.code === 'no_answer');
    }
    if (!(problem instanceof Problem)) {
        throw problem;
    }
}
