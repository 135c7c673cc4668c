/*
 * kin-lists.js - what a citizen reads about codes: test results of the family
 * (查询), who holds the own code, and who looked at whose data.
 */

import { h, say, timeOf } from './dom.js';
import { notice, onSubmit, question } from './form.js';

const HOW = {
    face: say('经亲属本人人脸核实', 'your face was shown'),
    counter: say('经服务窗口核实', 'seen at the counter'),
    pledge: say('凭承诺绑定', 'by a pledge'),
};

function put(root, title, ...children) {
    root.replaceChildren(h('h2', { tabindex: '-1' }, title),
                         ...children.flat());
}

function empty(zh, en) {
    return h('p', {}, say(zh, en));
}


/* ---- 查询 ---------------------------------------------------------------- */

function test(each) {
    return h('li', { class: each.result },
        h('strong', {}, each.label || each.result), ' ',
        each.mixed ? say('（混检）', ' (pooled)') : '',
        each.corrected ? say('（已更正）', ' (corrected)') : '',
        h('br'),
        h('span', { class: 'hint' }, say('采样：', 'Sample: '),
            timeOf(each.sampled_at), each.place ? ` ${each.place}` : '',
            each.at ? [h('br'), say('结果：', 'Result: '), timeOf(each.at)]
                    : []),
        each.hint ? h('span', { class: 'advice' }, each.hint) : '');
}

function person(name, of) {
    return h('section', { class: 'order' }, h('h3', {}, name),
        of.recheck ? h('p', { class: 'notice', role: 'note' },
            say('混检结果待复核，请尽快单独采样。',
                'The pool has to be looked at again: have a single test '
                + 'soon.')) : '',
        of.tests.length === 0 ? empty('没有检测结果。', 'No results.')
            : h('ul', { class: 'tests' }, of.tests.map(test)));
}

/** 查询: the caller's results and each relative's. */
export async function testView({ civic, root, signal, titleOf }) {
    const { own, relatives } = await civic.get('/sampling/tests',
                                               { signal });

    put(root, say('核酸检测结果查询', 'Test results'),
        person(say('本人', 'You'), own),
        relatives.map((each) => person([each.name, ' · ', titleOf(each)],
                                       each)));
}


/* ---- who holds the own code ----------------------------------------------- */

/* 异议: it ends at once, and is not asked for twice. */
function objection({ civic, again }, guardian) {
    const place = h('div');
    const ask = () => question({ place,
        text: say('绑定随即解除，对方不能再出示您的健康码，其打印的离线码失效。',
            'It ends at once: they can show your code no more, and what they '
            + 'printed is void.'),
        confirm: say('确认解除', 'End it') },
    async () => {
        await civic.post('/kinship/guardians/'
            + `${encodeURIComponent(guardian.binding_id)}/objection`);
        again();
    });

    return [h('button', { type: 'button', class: 'plain', onclick: ask },
        say('提出异议并解除', 'Object, and end it')), place];
}

/** 谁能出示我的码. */
export async function guardianView(options) {
    const { civic, root, signal } = options;
    const { guardians } = await civic.get('/kinship/guardians', { signal });

    put(root, say('谁能出示我的健康码', 'Who can show my code'),
        guardians.length === 0
            ? empty('没有人绑定您的健康码。', 'Nobody has bound your code.')
            : guardians.map((each) => h('section', { class: 'order' },
                h('h3', {}, each.name),
                h('p', {}, say('绑定时间：', 'Since '), timeOf(each.bound_at),
                    h('br'), HOW[each.proof]?.cloneNode(true) || ''),
                objection(options, each))));
}


/* ---- who looked ------------------------------------------------------------ */

/* Staff are told by their role, a guardian by the name. */
function look(each) {
    return h('li', {}, timeOf(each.at), h('br'),
        h('strong', {}, [each.role_label, each.name].filter(Boolean)
            .join(' ')), ' ',
        [each.what_label, each.place_label, each.site, each.purpose_label]
            .filter(Boolean).join(' · '));
}

function older({ civic, signal }, path, list, next) {
    const form = h('form', { hidden: !next }, notice(),
        h('button', { type: 'submit', class: 'plain' },
            say('更早的记录', 'Older ones')));
    let before = next;

    onSubmit(form, async () => {
        const page = await civic.get(
            `${path}before=${encodeURIComponent(before)}`, { signal });

        list.append(...page.looks.map(look));
        before = page.next;
        form.hidden = !before;
    });
    return form;
}

/** 谁看过: the caller's data, or a relative's. */
export async function lookView({ civic, root, signal, codes, binding }) {
    const path = '/kinship/looks?' + (binding
        ? `binding_id=${encodeURIComponent(binding)}&` : '');
    const { looks, next } = await civic.get(path.slice(0, -1), { signal });
    const list = h('ul', { class: 'looks' }, looks.map(look));
    const to = (id, name) => h('a', { href: id ? `#looks/${id}` : '#looks',
        'aria-current': (id || '') === (binding || '') ? 'true' : null },
        name);

    put(root, say('谁查看过信息', 'Who looked'),
        h('nav', { class: 'ways', 'aria-label': '谁的 · Whose' },
            to(null, say('本人', 'You')),
            codes.filter((code) => code.binding_id)
                .map((code) => to(code.binding_id, code.name || code.title))),
        looks.length === 0 ? empty('没有查看记录。', 'Nobody looked.') : list,
        older({ civic, signal }, path, list, next),
        h('p', { class: 'hint' }, say('任何单位和个人不得将平台信息用于疫情防控之外的任何用途。',
            'Nobody may use this information for anything but the control of '
            + 'the epidemic.')));
}
