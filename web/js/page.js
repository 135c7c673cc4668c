/*
 * page.js - what all pages have: the service's names, the language, the
 * client of the API, and the line that tells of a lost network.
 */

import { Civic, Problem } from './api.js';
import { byId, h, language, pick, say } from './dom.js';

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
        notice.hidden = true;
        notice.replaceChildren();
        notice.removeAttribute('data-no-answer');
    }
}

/** Says that the network is gone, and that it came back. */
export function network(lost) {
    const line = byId('network');

    if (line) {
        line.replaceChildren(lost
            ? say('网络已断开，正在重新连接……',
                  'The network is gone; connecting again ...')
            : say('网络已恢复。', 'The network is back.'));
        line.hidden = false;
    }
    if (line && !lost) {
        setTimeout(() => { line.hidden = true; }, 4000);
    }
}

/** Names elements that stand in a page for later. */
export function fill() {
    names();
}

const OVER = 'civic.session-over';

/** To the login page, which says why. */
export function toLogin(expired) {
    if (expired) {
        sessionStorage.setItem(OVER, '1');
    }
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
    toLogin(false);
}

/** Whether somebody was sent to the login page because a session was over:
    told once. */
export function wasLoggedOut() {
    const over = sessionStorage.getItem(OVER) !== null;

    sessionStorage.removeItem(OVER);
    return over;
}

/** The first thing that a page does. */
export async function open() {
    speak(kept(LANGUAGE) || (/^zh/i.test(navigator.language) ? 'zh-CN'
                                                             : 'en'));
    addSwitch();
    addEventListener('unhandledrejection', (event) => fail(event.reason));
    addEventListener('offline', () => network(true));
    addEventListener('online', () => {
        network(false);
        connected();
    });
    civic.onAnswer = connected;
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
        line.hidden = false;
        line.toggleAttribute('data-no-answer',
                             problem.code === 'no_answer');
    }
    if (!(problem instanceof Problem)) {
        throw problem;
    }
}
