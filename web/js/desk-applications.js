/*
 * desk-applications.js - 资格审核: applications of an exam, the one that is due
 * first; and decisions that two of the staff turn round: one proposes it,
 * another confirms.
 */

import { picture, reasonsOf } from './desk.js';
import { h, say, timeOf } from './dom.js';
import { facts } from './facts.js';
import { notice, onSubmit } from './form.js';

const GONE = new Set(['review_not_held', 'review_lease_over',
    'review_changed', 'review_decided']);

const WHAT = {
    submitted: () => say('提交', 'Submitted'),
    approved: () => say('通过', 'Approved'),
    refused: () => say('不通过', 'Refused'),
    withdrawn: () => say('撤回', 'Withdrawn'),
    reversed_to_approved: () => say('纠正为通过', 'Turned to approved'),
    reversed_to_refused: () => say('纠正为不通过', 'Turned to refused'),
    reversal_rejected: () => say('纠正未获确认', 'Reversal rejected'),
};

function what(name) {
    return WHAT[name]?.() || name;
}

function area(name, label, most) {
    return [h('label', { for: name }, label),
            h('textarea', { id: name, name, rows: 2, maxlength: most })];
}

const note = () => area('note', say('审核意见（申请人会看到）',
    'Note (the applicant reads it)'), 1000);
const why = () => area('why', say('给另一名审核员的说明（申请人看不到）',
    'For the other reviewer (not for the applicant)'), 500);

function past(entry) {
    return h('li', {}, timeOf(entry.at), ' ', what(entry.what),
        entry.position ? ` ${entry.position}` : '',
        (entry.reasons || []).map(({ text }) => h('div', {}, text)),
        entry.note ? h('div', {}, entry.note) : null,
        entry.why ? h('div', { class: 'hint' }, entry.why) : null);
}

function reversal(item) {
    return !item.reversal ? null : h('div', { class: 'notice', role: 'note' },
        h('p', {}, say('已提出纠正，改为：', 'Proposed, to become: '),
          what(item.reversal.becomes), ' ', timeOf(item.reversal.at)),
        item.reversal.reasons.map(({ text }) => h('p', {}, text)),
        item.reversal.note ? h('p', {}, item.reversal.note) : null,
        item.reversal.why ? h('p', { class: 'hint' }, item.reversal.why)
                          : null);
}

function due(item) {
    return item.due_at ? h('span', { class: item.overdue ? 'hurry' : null },
        timeOf(item.due_at), item.overdue ? say('（已超过）', ' (overdue)')
                                          : '')
        : item.due_unknown;
}

/* What is asked and what was filled in, beside each other. */
function data(item) {
    const { position } = item;

    return [
        facts([say('姓名', 'Name'), item.name],
              [say('证件号码', 'Number'), item.id_number],
              [say('提交时间', 'Submitted'), timeOf(item.submitted_at)],
              [say('应审完', 'Due'), due(item)],
              [say('职位', 'Position'), [position.name, position.unit,
                  position.code].filter(Boolean).join(' · ')],
              [say('职位备注', 'Remark'), position.note],
              [say('职位条件', 'It asks for'), position.conditions.length > 0
                  && h('ul', {}, position.conditions.map((each) =>
                      h('li', {}, each)))]),
        h('h3', {}, say('报名信息', 'The form')),
        facts(...item.form.map(({ label, text }) => [label, text || '—'])),
        item.past.length > 0 ? h('details', {}, h('summary', {},
            say('经过', 'What happened before')),
            h('ul', {}, item.past.map(past))) : null,
        reversal(item),
    ];
}

const CONFIRM = ['confirm', say('确认纠正', 'Confirm it'), 'A'];
const REJECT = ['reject', say('不同意纠正', 'Reject it'), 'X'];
const TAKE_BACK = ['reject', say('撤回纠正', 'Take it back'), 'X'];
const PROPOSE = ['propose', say('提出纠正', 'Propose to turn it round'), 'P'];

/* What can be done with one that was decided before. */
function decided(item) {
    if (item.reversal) {
        return { reasons: [], fields: why(),
                 actions: item.reversal.own ? [TAKE_BACK]
                                            : [CONFIRM, REJECT] };
    }
    return { fields: [note(), why()], actions: [PROPOSE],
             reasons: item.state === 'approved' ? item.reasons : [] };
}

function counts(exam, chosen) {
    return h('tr', {},
        h('td', {}, h('a', { href: `#applications/${exam.exam_id}`,
            'aria-current': exam.exam_id === chosen ? 'true' : null },
            exam.title)),
        [exam.waiting, exam.due_soon, exam.overdue, exam.undated,
         exam.reversals].map((count, i) => h('td', {
            class: i === 2 && count > 0 ? 'hurry' : null }, String(count))));
}

function table(exams, chosen) {
    return h('div', { class: 'table', tabindex: '0' }, h('table', {},
        h('thead', {}, h('tr', {}, [say('考试', 'Exam'),
            say('待审核', 'Waiting'), say('即将到期', 'Due soon'),
            say('已超过', 'Overdue'), say('无时限', 'No due time'),
            say('待确认的纠正', 'Reversals')].map((words) =>
            h('th', { scope: 'col' }, words)))),
        h('tbody', {}, exams.map((exam) => counts(exam, chosen)))));
}

class Applications {
    constructor(civic, exam) {
        Object.assign(this, { civic, exam });
        this.gone = GONE;
    }

    path(item, step = '') {
        return `/review/items/${item.application_id}${step}`
            + `?exam_id=${encodeURIComponent(item.exam_id)}`;
    }

    /* All exams of which something waits, however many: page by page. */
    async waiting() {
        const all = { exams: [] };
        let after = '';

        do {
            const { exams, ...page } = await this.civic.get('/review/queue'
                + (after ? `?after=${encodeURIComponent(after)}` : ''));

            Object.assign(all, page);
            all.exams.push(...exams.filter(({ exam_id: id }) =>
                !all.exams.some((each) => each.exam_id === id)));
            after = page.after;
        } while (after);
        return all;
    }

    async load(desk) {
        const { exams, working, opens_at: opens } = await this.waiting();

        // without a choice, the one where most is late
        this.exam = this.exam || [...exams].sort((a, b) =>
            b.overdue - a.overdue || b.waiting - a.waiting)[0]?.exam_id;

        const chosen = exams.find(({ exam_id: id }) => id === this.exam);

        return [
            working === false ? h('p', { class: 'notice', role: 'note' },
                say('现在不是审核工作时间。', 'Reviewers do not work now. '),
                opens ? [say('下次工作时间自', 'They work again from '),
                         timeOf(opens), say('起。', ' on.')] : '') : '',
            exams.length > 0 ? table(exams, this.exam)
                : h('p', {}, say('目前没有考试。', 'There is no exam.')),
            chosen ? h('h2', {}, chosen.title) : '',
            this.turning(desk, chosen),
        ].filter(Boolean);
    }

    async next() {
        if (!this.exam) {
            return null;
        }
        return this.civic.post('/review/items/next?exam_id='
            + encodeURIComponent(this.exam)).catch((problem) => {
            if (problem.code === 'review_none_waits') {
                return null;
            }
            throw problem;
        });
    }

    paint(item) {
        const held = item.state === 'submitted'
            ? { reasons: item.reasons, fields: note() } : decided(item);

        return {
            title: item.exam, data: data(item), ticks: [], ...held,
            reasons: held.reasons.map(({ code, text, needs_note: needs }) =>
                [code, needs ? [text, say('（须写审核意见）',
                                          ' (with a note)')] : text]),
            pictures: item.has_photo
                ? picture(this.civic, this.path(item, '/photo'),
                          say('照片', 'Photo'))
                : h('p', {}, say('没有照片。', 'There is no photo.')),
        };
    }

    async decide(item, action, values) {
        const { version } = item;
        const step = { propose: '/reversal', confirm: '/reversal/confirm',
                       reject: '/reversal/reject' }[action] || `/${action}`;
        const reasons = reasonsOf(values);
        const body = {
            approve: { version }, confirm: { version },
            refuse: { version, reasons, note: values.note },
            propose: { version, reasons, note: values.note,
                       why: values.why },
            reject: { version, why: values.why },
        }[action];

        await this.civic.post(this.path(item, step), body);
        return {
            approve: () => say('已通过。', 'Approved.'),
            refuse: () => say('已不通过。', 'Refused.'),
            propose: () => say('已提出纠正，由另一名审核员确认。',
                'Proposed; another reviewer has to confirm it.'),
            confirm: () => say('已纠正。', 'It was turned round.'),
            reject: () => say('未纠正。', 'It stays as it was.'),
        }[action]();
    }

    release(item) {
        return this.civic.post(this.path(item, '/release'));
    }

    renew(item) {
        return this.civic.get(this.path(item));
    }

    /* ---- decisions that are turned round -------------------------------- */

    open(desk, item) {
        return desk.take(() => this.civic.post(this.path(item, '/take')));
    }

    turning(desk, chosen) {
        const found = h('div');
        const form = h('form', {}, notice(),
            h('label', { for: 'id_number' }, say('证件号码', 'Identity number')),
            h('input', { id: 'id_number', name: 'id_number', type: 'text',
                         autocomplete: 'off', maxlength: 40 }),
            h('button', { type: 'submit', class: 'plain' },
                say('查找已决定的报名', 'Look for what was decided')));

        onSubmit(form, async (values) => {
            const { name, applications } = await this.civic.post(
                '/review/look-up', values);

            found.replaceChildren(this.list(desk, applications.map((each) =>
                [each, `${name || ''} ${each.exam_id} ${each.position} `,
                 what(each.state)])));
        });
        return h('details', {
            ontoggle: () => chosen && this.proposed(desk, chosen, found)
                .catch((problem) => desk.failed(problem)) },
        h('summary', {}, say('纠正已作出的决定', 'Turn a decision round')),
        form, found);
    }

    /* What another has proposed. */
    async proposed(desk, chosen, found) {
        const { reversals } = await this.civic.get('/review/reversals?exam_id='
            + encodeURIComponent(chosen.exam_id));

        found.replaceChildren(this.list(desk, reversals.map((each) =>
            [each, `${each.name} ${each.position} → `,
             what(each.becomes)])));
    }

    list(desk, items) {
        return h('ul', {}, items.length === 0
            ? h('li', {}, say('没有。', 'None.'))
            : items.map(([item, ...words]) => h('li', {}, ...words, ' ',
                h('button', { type: 'button', class: 'plain small',
                              onclick: () => this.open(desk, item) },
                    say('打开', 'Open')))));
    }
}

/** @param {import('./api.js').Civic} civic */
export function applicationQueue(civic, exam) {
    return new Applications(civic, exam);
}
