/*
 * positions.js - the positions of an exam: looked for as one types, with how
 * many apply for each, which goes on counting while the page is looked at.
 */

import { h, plural, say } from './dom.js';
import { textOf } from './exam-form.js';
import { notice, show } from './form.js';

const QUIET = 300;              // ms without a key
const COUNT_AGAIN = 5000;       // ms
const PAGE = 20;

export class Positions {
    /**
     * @param {object} options
     * @param {import('./api.js').Civic} options.civic
     * @param {Element} options.root
     * @param {string} options.exam_id
     * @param {(position: object) => void} [options.choose]
     */
    constructor({ civic, root, exam_id: exam, choose }) {
        Object.assign(this, { civic, root, exam, choose });
        this.items = new Map();         // code -> { counts }
        this.pages = 0;
        this.stopped = new AbortController();
        this.build();
        this.search().catch((problem) => this.failed(problem));
        this.later();
    }

    stop() {
        this.stopped.abort();
        this.asking?.abort();
        clearTimeout(this.timer);
        clearTimeout(this.counting);
    }

    build() {
        this.query = h('input', { id: 'q', name: 'q', type: 'text',
            autocomplete: 'off', maxlength: 64,
            oninput: () => this.soon() });
        this.form = h('form', { role: 'search' }, notice(),
            h('label', { for: 'q' }, say('查找职位（职位、单位或代码）',
                'Look for a position (its name, unit or code)')),
            this.query);
        this.form.addEventListener('submit', (event) => {
            event.preventDefault();
            this.soon(0);
        });
        this.said = h('p', { class: 'hint', role: 'status' });
        this.list = h('ul', { class: 'positions' });
        this.more = h('button', { type: 'button', class: 'plain',
            hidden: true, onclick: () => this.next().catch((problem) =>
                this.failed(problem)) }, say('更多', 'More'));
        this.root.replaceChildren(this.form, this.said, this.list, this.more);
    }

    failed(problem) {
        if (problem?.name !== 'AbortError' && !this.stopped.signal.aborted) {
            show(this.form, problem);
        }
    }

    soon(ms = QUIET) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.search()
            .catch((problem) => this.failed(problem)), ms);
    }

    path(after) {
        const query = new URLSearchParams({ limit: PAGE });
        const words = this.query.value.trim();

        if (words) {
            query.set('q', words);
        }
        if (after) {
            query.set('after', after);
        }
        return `/exam/exams/${this.exam}/positions?${query}`;
    }

    /* What was asked before is not wanted any more. */
    async search() {
        this.asking?.abort();
        this.asking = new AbortController();

        const found = await this.civic.get(this.path(),
            { signal: this.asking.signal });

        this.form.querySelector('.notice').hidden = true;
        this.items.clear();
        this.list.replaceChildren();
        this.pages = 0;
        this.add(found);
    }

    async next() {
        this.add(await this.civic.get(this.path(this.after),
            { signal: this.asking.signal }));
    }

    add(found) {
        this.pages++;
        this.after = found.after;
        this.more.hidden = !found.after;
        this.list.append(...found.positions.map((each) => this.item(each)));
        this.said.replaceChildren(this.items.size === 0
            ? say('没有找到职位。', 'No position was found.')
            : found.after ? '' : say(`共${this.items.size}个职位。`,
                `${plural(this.items.size, 'position')}.`));
    }

    item(position) {
        const counts = h('span', {});
        const conditions = position.conditions || [];

        this.items.set(position.code, counts);
        this.count(position);
        return h('li', {},
            h('strong', {}, textOf(position.name)), ' ',
            h('span', { class: 'hint' }, position.code), h('br'),
            textOf(position.unit), h('br'), counts,
            position.note ? h('p', { class: 'hint' }, textOf(position.note))
                          : null,
            conditions.length > 0 ? h('ul', { class: 'hint' },
                conditions.map((each) => h('li', {},
                    textOf(each.text ?? each)))) : null,
            this.choose ? h('button', { type: 'button', class: 'plain',
                onclick: () => this.choose(position) },
                say('选择该职位', 'Choose it')) : null);
    }

    /* Where nobody counts, there is no number. */
    count({ code, places, applicants }) {
        const counted = applicants !== undefined;

        this.items.get(code)?.replaceChildren(say(
            `招录${places}人${counted ? `，已报名${applicants}人` : ''}`,
            plural(places, 'place') + (counted
                ? `, ${plural(applicants, 'applies', 'apply')}` : '')));
    }

    later() {
        this.counting = setTimeout(() => this.recount().catch(() => {})
            .finally(() => !this.stopped.signal.aborted && this.later()),
            COUNT_AGAIN);
    }

    /* Numbers alone change: what somebody reads stays where it is. */
    async recount() {
        let after;

        for (let n = 0; n < this.pages && !document.hidden; n++) {
            const found = await this.civic.get(this.path(after),
                { signal: this.asking.signal });

            found.positions.forEach((each) => this.count(each));
            after = found.after;
        }
    }
}
