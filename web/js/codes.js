/*
 * codes.js - the page 一码通: the own code and relatives', bound, shown,
 * printed, unbound; tests, and who holds or looked at what.  Which view is
 * open stands after the # of the address: "kin/<binding>" is a relative's code.
 */

import { bind } from './binding.js';
import { askConsent } from './consent.js';
import { byId, h, say, timeOf } from './dom.js';
import { notice, onSubmit, question, show } from './form.js';
import { colourOf, showCode } from './health-code.js';
import { guardianView, lookView, testView } from './kin-lists.js';
import { civic, fail, inside, network, open, toLogin } from './page.js';
import { citizen } from './session.js';
import { sheetView } from './sheets.js';

// The page inside Alipay's app calls from there.
const ALIPAY = /AlipayClient/;

const NO_CODE = new Set(['kinship_no_code', 'consent_required']);

const MORE = [
    ['bind', () => say('绑定亲属关系', 'Bind a relative')],
    ['tests', () => say('查询', 'Test results')],
    ['sheets', () => say('下载离线码', 'Codes to print')],
    ['guardians', () => say('谁能出示我的码', 'Who holds my code')],
    ['looks', () => say('谁查看过', 'Who looked')],
];

let stop = new AbortController();

/** @type {object[]} codes, with the title that the relation has */
let codes = [];

/** @type {{code: string, label: string}[]} */
let relations = [];

/* Numbers of the rules, for texts: how many relatives, of which age ... */
let terms = {};

function titleOf({ relation }) {
    return relations.find(({ code }) => code === relation)?.label
        || relation || '';
}

function place() {
    const [view, id] = location.hash.slice(1).split('/');

    return { view, id: id && decodeURIComponent(id) };
}

function addressOf(code) {
    return code.binding_id ? `#kin/${code.binding_id}` : '#';
}


/* ---- the list, and what else there is --------------------------------------- */

function listed(code, { view, id }) {
    const current = code.binding_id ? view === 'kin' && code.binding_id === id
                                    : view === '';

    return h('li', {}, h('a', { href: addressOf(code),
                                'data-colour': code.colour || null,
                                'aria-current': current ? 'true' : null },
        h('strong', {}, code.name || say('亲属', 'Relative')), ' ',
        code.binding_id ? `${code.title} ` : say('本人 ', 'You '),
        h('span', { class: 'mark' }, code.kept ? colourOf(code)
            : say('已停用', 'Ended'))));
}

function paint(where) {
    byId('list').replaceChildren(codes.length > 1
        || codes.some((code) => code.binding_id)
        ? h('ul', {}, codes.map((code) => listed(code, where))) : '');
    byId('more').replaceChildren(...MORE.map(([view, words]) => h('a', {
        href: `#${view}`,
        'aria-current': view === where.view ? 'true' : null }, words())));
}

/* What relations are called is asked for once, where there is one; so are the
   numbers that texts name. */
async function load(signal, view) {
    const list = await civic.get('/kinship/codes', { signal });

    if (relations.length === 0
        && (view === 'bind' || view === 'sheets'
            || list.codes.some((code) => code.binding_id)))
    {
        ({ relations, terms } = await civic.get('/kinship/relations', { signal }));
    }
    codes = list.codes.map((code) => ({ ...code, title: titleOf(code) }));
}


/* ---- 申领一码通 --------------------------------------------------------------- */

/* The own code is there at the end, or the rules say why not.  To ask for it
   again does nothing twice. */
function apply(root, signal, withdrawn) {
    return new Promise((resolve, reject) => {
        const make = () => civic.post('/kinship/code', undefined, { signal });
        const form = h('form', {}, notice(),
            h('p', {}, withdrawn
                ? say('健康信息处理的同意已撤回或到期，一码通已停用。重新同意后可继续使用。',
                      'Your consent has ended, and your code with it. Consent '
                      + 'again to go on.')
                : say('您还没有一码通。申领后可以出示健康码，并为家中的老人、孩子申领亲属码。',
                      'You have no code yet. With one you can show it, and '
                      + 'bind codes of children and elders of your family.')),
            h('button', { type: 'submit' }, say('申领一码通',
                                                'Get my code')));

        root.replaceChildren(h('h2', { tabindex: '-1' },
            say('申领一码通', 'Your own code')), form);
        onSubmit(form, async () => {
            try {
                await make();
            } catch (problem) {
                if (problem.code !== 'consent_required') {
                    throw problem;
                }
                await askConsent({ civic, root, channel: 'web',
                    purpose: problem.purpose || 'health',
                    button: say('同意并申领', 'I consent: go on') });
                root.replaceChildren(form);
                await make();
            }
            resolve();
        }, ({ code }) => {
            if (code === 'kinship_unproven') {
                form.querySelector('.notice').append(h('br'),
                    h('a', { href: 'onboarding.html' }, say('去完成身份认证',
                        'Prove who you are')));
            }
        });
        signal.addEventListener('abort', () => reject(signal.reason));
    });
}


/* ---- one code ------------------------------------------------------------------ */

/* 解绑: asked for twice, and told from when on it goes. */
function unbinding(code, signal) {
    const place = h('div');
    const from = code.unbind_possible_at
        && civic.until(code.unbind_possible_at) > 0
        ? h('p', { class: 'hint' }, say('可解绑时间：', 'From '),
            timeOf(code.unbind_possible_at)) : '';

    const unbind = async () => {
        await civic.delete(
            `/kinship/bindings/${encodeURIComponent(code.binding_id)}`,
            { signal });
        location.hash = '';
    };
    const ask = () => question({ place,
        text: say('解绑后您不能再出示这个亲属码，已下载的离线码随即失效。',
            'You can show this code no more then, and what you printed is '
            + 'void.'),
        confirm: say('确认解绑', 'Unbind') },
    unbind, (problem) => {
        if (problem.possibleAt) {
            place.querySelector('.notice').append(h('br'),
                say('可解绑时间：', 'From '), timeOf(problem.possibleAt));
        }
    });

    return [h('button', { type: 'button', class: 'plain', onclick: ask },
        say('解绑', 'Unbind')), from, place];
}

/* What can be done with the code that is shown. */
function actions(code, signal) {
    return h('div', { class: 'actions' },
        code.provisional ? h('p', { class: 'hint' },
            say('凭承诺绑定：经人脸或窗口核实的监护人优先。',
                'By a pledge: a guardian whose relative was proven comes '
                + 'before it.')) : '',
        code.binding_id ? [
            h('p', {}, h('a', { class: 'button plain',
                                href: `#sheets/${code.binding_id}` },
                say('下载离线码', 'Print it')),
              h('a', { class: 'button plain',
                       href: `#looks/${code.binding_id}` },
                say('谁查看过', 'Who looked'))),
            unbinding(code, signal)] : '');
}

/* The relative's consent has ended: only unbinding is left. */
function ended(root, code, problem, signal) {
    const form = h('form', {}, notice());

    root.replaceChildren(h('h2', { tabindex: '-1' }, code.name || '亲属码'),
                         form, actions(code, signal));
    show(form, problem);
}

async function codeView({ root, signal, id, moved }) {
    const code = codes.find((each) => (each.binding_id || '') === (id || ''));
    const card = h('div');
    const below = h('div');

    if (id && !code) {
        location.hash = '';
        return;
    }
    root.replaceChildren(card, below);
    try {
        await showCode({ civic, signal, network, root: card,
            title: code?.title,
            path: id ? `/kinship/codes/${encodeURIComponent(id)}`
                     : '/kinship/code' },
        (shown, label) => {
            below.replaceChildren(actions(shown, signal));
            if (moved) {
                label.focus();
            }
        });
    } catch (problem) {
        if (!id && NO_CODE.has(problem.code)) {
            await apply(root, signal, problem.code === 'consent_required');
            await go(true);
        } else if (problem.code === 'kinship_code_ended') {
            ended(root, code, problem, signal);
        } else {
            throw problem;
        }
    }
}


/* ---- the other views ------------------------------------------------------------- */

async function bindView({ root, signal }) {
    const binding = await bind({ civic, root, signal, network, relations,
                                 terms, channel: 'pc' });

    await load(signal, 'bind');
    paint(place());
    root.replaceChildren(
        h('h2', { tabindex: '-1' }, say('绑定亲属关系', 'Bind a relative')),
        h('p', { class: 'done', role: 'status' }, say('绑定成功',
                                                     'It is bound')),
        h('p', {}, binding.name, ' · ', titleOf(binding)),
        h('p', {}, h('a', { class: 'button',
                            href: `#kin/${binding.binding_id}` },
            say('查看亲属码', 'See the code'))));
    root.querySelector('h2').focus();
}

const VIEWS = {
    '': codeView,
    kin: codeView,
    bind: bindView,
    tests: testView,
    sheets: sheetView,
    guardians: guardianView,
    looks: lookView,
};

/* moved: somebody followed a link within the page, and is told where to. */
async function go(moved) {
    const where = place();
    const view = VIEWS[where.view] || codeView;
    const root = byId('view');

    stop.abort();
    stop = new AbortController();

    const { signal } = stop;

    await load(signal, where.view);
    paint(where);
    root.replaceChildren();
    await view({ civic, root, signal, network, codes, terms, titleOf, moved,
                 id: where.id, chosen: where.id, binding: where.id,
                 again: () => start() });
    if (moved) {
        root.querySelector('h2')?.focus();
    }
}

/* A view that is left ends by its signal, which is no failure.  Of one that
   fails nothing stays: a code that stands still would be taken for one. */
function start(moved) {
    byId('failure').hidden = true;
    go(moved).catch((problem) => {
        if (problem?.name !== 'AbortError') {
            byId('view').replaceChildren();
            fail(problem);
        }
    });
}

/* A link to the view that is open begins it anew. */
function again(event) {
    const link = event.target.closest('a[href^="#"]');

    if (link && (link.hash || '#') === (location.hash || '#')) {
        event.preventDefault();
        start(true);
    }
}

try {
    await open();
    civic.onLoggedOut = (problem) => toLogin(problem);
    await citizen();
    civic.channel = ALIPAY.test(navigator.userAgent) ? 'alipay' : null;
    inside();
    addEventListener('hashchange', () => start(true));
    document.addEventListener('click', again);
    document.addEventListener('language', () => {
        relations = [];
        // what was typed stays
        if (place().view !== 'bind') {
            start();
        }
    });
    start();
} catch (problem) {
    if (problem.status !== 401) {
        fail(problem);
    }
}
