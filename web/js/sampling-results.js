/*
 * sampling-results.js - the laboratory's desk: results of tubes, one by one
 * or as a file; and a result that is to be another, by two.
 *
 * Who is in a tube nobody sees here.
 */

import { Problem } from './api.js';
import { h, options, say, timeOf } from './dom.js';
import { notice, onSubmit, show } from './form.js';

const RESULTS = [['negative', '阴性', 'Negative'],
                 ['positive', '阳性', 'Positive'],
                 ['invalid', '无效', 'Invalid']];
const LARGEST = 256 * 1024;     // bytes of a file

const nameOf = (result) => say(...RESULTS.find(([each]) => each === result)
    ?.slice(1) || [result, result]);

function barcode(id) {
    return [h('label', { for: id }, say('采样管条码', 'The tube\'s barcode')),
            h('input', { id, name: 'barcode', type: 'text', maxlength: 64,
                         autocomplete: 'off', spellcheck: 'false',
                         autocapitalize: 'none' })];
}

/* Nothing is chosen beforehand: a wrong result is worse than a click. */
function choice(id) {
    return [h('label', { for: id }, say('结果', 'Result')),
            h('select', { id, name: 'result' },
                options([['', '—', '—'], ...RESULTS]))];
}

class Results {
    constructor({ civic, root, fail }) {
        Object.assign(this, { civic, fail, stopped: false });
        this.said = h('p', { role: 'status', class: 'said' });
        this.told = h('tbody');
        this.lines = h('div');
        this.tube = h('div');
        root.replaceChildren(this.said, h('div', { class: 'columns' },
            h('div', {}, this.one(), h('div', { class: 'table' },
                h('table', {}, this.told))),
            h('div', {}, this.file(), this.lines),
            h('div', {}, this.find(), this.tube)));
    }

    stop() {
        this.stopped = true;
    }

    /* ---- one by one ---- */

    one() {
        const form = h('form', {}, notice(),
            h('h2', {}, say('登记结果', 'A result')), barcode('one'),
            choice('result'),
            h('button', { type: 'submit' }, say('登记', 'Send it')));

        onSubmit(form, async (values) => {
            const { results: [line] } = await this.civic.post(
                '/sampling/results', { results: [{
                    barcode: values.barcode?.trim() || '',
                    result: values.result || '' }] });

            this.told.prepend(this.row(line, values.barcode));
            form.elements.barcode.value = '';
            form.elements.result.value = '';
            form.elements.barcode.focus();
        });
        return form;
    }

    row(line, typed) {
        return h('tr', {}, line.line ? h('td', {}, say(`第${line.line}行`,
                                                     `Line ${line.line}`))
                                     : null,
            h('td', {}, line.barcode || typed || ''), h('td', {}, line.label));
    }

    /* ---- a file ---- */

    file() {
        const input = h('input', { id: 'file', type: 'file',
                                   accept: '.csv,text/csv' });
        const form = h('form', {}, notice(),
            h('h2', {}, say('提交结果文件', 'A file of results')),
            h('label', { for: 'file' }, say('CSV 文件（UTF-8）',
                                            'CSV, in UTF-8')), input,
            h('p', { class: 'hint' }, say(
                '第一行为表头：管号、结果、检测时间。请勿包含姓名、证件号码。',
                'The first line names the columns: barcode, result, time. No '
                + 'names, no numbers of people.')),
            h('button', { type: 'submit' }, say('提交', 'Send it')));

        onSubmit(form, async () => {
            const [chosen] = input.files;

            if (!chosen || chosen.size === 0 || chosen.size > LARGEST) {
                throw new Problem({ code: 'file', detail: document
                    .documentElement.lang === 'en'
                    ? 'Choose a file of 256 KB at most.'
                    : '请选择文件，最大256 KB。' });
            }
            this.took(await this.civic.post('/sampling/results/file',
                new Blob([chosen], { type: 'text/csv' }),
                { timeout: 60000 }));
            form.reset();
        });
        return form;
    }

    /* Only what was refused has to be read. */
    took({ accepted, refused, results }) {
        const wrong = results.filter(({ outcome }) =>
            !['told', 'same'].includes(outcome));

        this.said.replaceChildren(say(
            `已登记${accepted}条，未登记${refused}条。`,
            `${accepted} taken, ${refused} not.`));
        this.lines.replaceChildren(h('div', { class: 'table' },
            h('table', {}, h('tbody', {},
                wrong.map((line) => this.row(line))))));
    }

    /* ---- a correction ---- */

    find() {
        const form = h('form', {}, notice(),
            h('h2', {}, say('查看与更正', 'Look at one, correct it')),
            barcode('which'),
            h('button', { type: 'submit', class: 'plain' },
              say('查看', 'Look')));

        onSubmit(form, async (values) => {
            this.tube.replaceChildren();
            await this.look(values.barcode?.trim() || '-');
        });
        return form;
    }

    async look(code) {
        const tube = await this.civic.get(
            `/sampling/tubes/${encodeURIComponent(code)}`);

        if (!this.stopped) {
            this.tube.replaceChildren(this.facts(tube),
                tube.correction ? this.settle(tube)
                    : tube.result ? this.propose(tube) : '');
        }
    }

    facts(tube) {
        const states = { open: say('采样中', 'open'),
                         sealed: say('已封管，待登记', 'sealed, no result yet'),
                         told: say('已登记', 'told') };

        return h('dl', { class: 'facts' },
            h('dt', {}, say('管号', 'Barcode')), h('dd', {}, tube.barcode),
            h('dt', {}, say('状态', 'State')), h('dd', {}, states[tube.state]),
            h('dt', {}, say('人数', 'People')),
            h('dd', {}, `${tube.count}/${tube.capacity}`),
            tube.result ? [h('dt', {}, say('结果', 'Result')),
                h('dd', {}, nameOf(tube.result), ' ',
                  timeOf(tube.result_at))] : null);
    }

    path(tube, rest = '') {
        return `/sampling/results/${encodeURIComponent(tube.barcode)}`
            + `/correction${rest}`;
    }

    propose(tube) {
        const form = h('form', {}, notice(),
            h('h3', {}, say('提出更正', 'Propose another result')),
            choice('next'),
            h('label', { for: 'why' }, say('理由（给确认的人看）',
                                           'Why, for who confirms it')),
            h('input', { id: 'why', name: 'why', type: 'text',
                         maxlength: 200, autocomplete: 'off' }),
            h('button', { type: 'submit', class: 'plain' },
              say('提出', 'Propose')));

        onSubmit(form, async ({ result, why }) => {
            await this.civic.post(this.path(tube), { result, why });
            this.said.replaceChildren(say('已提出，请由另一人确认。',
                'Proposed. Another one has to confirm it.'));
            await this.look(tube.barcode);
        });
        return form;
    }

    settle(tube) {
        const next = tube.correction;
        const form = h('form', {}, notice(),
            h('h3', {}, say('待确认的更正', 'A correction that waits')),
            h('p', {}, say('更正为：', 'To be: '), nameOf(next.result)),
            h('p', {}, say('理由：', 'Why: '), next.why),
            next.own ? h('p', { class: 'hint' }, say('须由另一人确认。',
                'Another one has to confirm it.'))
                : h('button', { type: 'submit' }, say('确认更正', 'Confirm')),
            h('button', { type: 'button', class: 'plain',
                onclick: () => this.end(tube, '/reject', form) },
                next.own ? say('撤回', 'Take it back')
                         : say('不同意', 'Reject')));

        onSubmit(form, () => this.end(tube, '/confirm', form));
        return form;
    }

    async end(tube, how, form) {
        try {
            await this.civic.post(this.path(tube, how),
                                  { result: tube.correction.result });
            this.said.replaceChildren(how === '/confirm'
                ? say('已更正，正在通知本管人员。',
                      'Corrected; people are being told.')
                : say('更正已结束，结果不变。', 'The result stays.'));
            await this.look(tube.barcode);
        } catch (problem) {
            if (!(problem instanceof Problem)) {
                throw problem;
            }
            show(form, problem);
        }
    }
}

/** Stands in root until what it returns is called. */
export function resultsDesk(options) {
    const desk = new Results(options);

    return () => desk.stop();
}
