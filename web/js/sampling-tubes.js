/*
 * sampling-tubes.js - a sampler's desk: a tube is opened by its barcode, one
 * code after the other is scanned into it, and it is sealed.
 *
 * A scanner types what it reads and presses Enter, so the field for codes has
 * the focus all the time, and is emptied before anything else is done; what it
 * types while the focus is elsewhere goes there, too.  Where the camera reads,
 * nothing has the focus: a phone's keyboard would hide what is said.
 */

import { newKey, Problem } from './api.js';
import { h, plural, say, timeOf } from './dom.js';
import { clear, notice, onSubmit, question, show } from './form.js';
import { camera } from './scanner.js';

const PLACE = 'civic.sampling-place';

/* Where this machine stands; a browser that keeps nothing asks each time. */
function place(value) {
    try {
        if (value !== undefined) {
            localStorage.setItem(PLACE, value);
        }
        return localStorage.getItem(PLACE) || '';
    } catch {
        return '';
    }
}

function field(name, label, options) {
    return [h('label', { for: name }, label),
            h('input', { id: name, name, type: 'text', required: true,
                         autocomplete: 'off', spellcheck: 'false',
                         autocapitalize: 'none', ...options })];
}

class Tubes {
    constructor({ civic, root, fail }) {
        Object.assign(this, { civic, fail, stopped: false });
        this.said = h('p', { role: 'status', class: 'said' });
        this.place = h('div');
        this.listening = new AbortController();
        root.replaceChildren(this.said, this.place);
        document.addEventListener('keydown', (event) => this.typed(event),
                                  { signal: this.listening.signal });
    }

    stop() {
        this.stopped = true;
        this.listening.abort();
        this.endCamera();
    }

    /* A question that is open is no answer to a code. */
    typed({ target, key, ctrlKey, altKey, metaKey }) {
        if (this.form?.isConnected && key.length === 1 && key !== ' '
            && !ctrlKey && !altKey && !metaKey
            && !/^(input|select|textarea)$/i.test(target.tagName))
        {
            this.asked.replaceChildren();
            this.form.elements.code.focus();
        }
    }

    endCamera() {
        this.video?.stop();
        this.video = null;
    }

    say(...words) {
        this.said.replaceChildren(...words);
    }

    /* Runs a step; what fails is said where it belongs. */
    async try(step, form) {
        try {
            await step();
        } catch (problem) {
            if (this.stopped || problem.status === 401) {
                return;
            }
            if (problem instanceof Problem && form?.isConnected) {
                show(form, problem);
            } else {
                this.fail(problem);
            }
        }
    }

    /* ---- opening ---- */

    async list() {
        const { capacities, tubes } = await this.civic.get('/sampling/tubes');

        if (this.stopped) {
            return;
        }
        this.endCamera();
        const form = h('form', {}, notice(),
            h('h2', {}, say('打开一管', 'Open a tube')),
            field('barcode', say('管上的条码（扫描或输入）',
                                 'Its barcode, scanned or typed'),
                  { maxlength: 32 }),
            h('label', { for: 'capacity' }, say('几人一管', 'For how many')),
            h('select', { id: 'capacity', name: 'capacity' },
                capacities.map((each) => h('option', { value: each,
                    selected: each === 10 }, String(each)))),
            field('place', say('采样点', 'Sampling point'),
                  { maxlength: 100, value: place() }),
            h('button', { type: 'submit' }, say('开管', 'Open it')));
        let key = newKey();

        onSubmit(form, async (values) => {
            place(values.place);
            const tube = await this.civic.post('/sampling/tubes', {
                barcode: values.barcode?.trim(), place: values.place,
                capacity: Number(values.capacity) }, { key });

            this.say();
            await this.tube(tube.barcode);
        }, () => { key = newKey(); });
        this.place.replaceChildren(form, this.open(tubes));
        form.elements.barcode.focus();
    }

    open(tubes) {
        return tubes.length === 0 ? h('p', { class: 'hint' },
            say('没有未封的管。', 'You have no open tube.'))
            : h('div', {}, h('h2', {}, say('未封的管', 'Your open tubes')),
                tubes.map((tube) => h('p', {}, h('button', {
                    type: 'button', class: 'plain',
                    onclick: () => this.try(() => this.tube(tube.barcode)),
                }, `${tube.barcode} `, say(`${tube.count}/${tube.capacity}人`,
                    `${tube.count} of ${tube.capacity}`)))));
    }

    /* ---- one tube ---- */

    async tube(barcode) {
        const tube = await this.civic.get(
            `/sampling/tubes/${encodeURIComponent(barcode)}`);

        if (this.stopped) {
            return;
        }
        if (tube.state !== 'open') {
            await this.sealed(tube);
            return;
        }
        if (this.barcode !== barcode || !this.form?.isConnected) {
            this.barcode = barcode;
            this.lay();
        }
        this.paint(tube);
    }

    async sealed(tube) {
        this.say(say(`${tube.barcode} 已封管，共${tube.count}人。`,
            `${tube.barcode} is sealed, with `
            + `${plural(tube.count, 'person', 'people')}.`));
        await this.list();
    }

    path(rest) {
        return `/sampling/tubes/${encodeURIComponent(this.barcode)}${rest}`;
    }

    /* What stays while one after the other is scanned, the camera, too. */
    lay() {
        this.endCamera();
        this.form = h('form', {}, notice(),
            field('code', say('扫健康码或亲属码', 'Scan a code'),
                  { maxlength: 2048, class: 'scan' }),
            h('button', { type: 'submit' }, say('登记', 'Add')),
            camera.possible ? h('button', { type: 'button', class: 'plain',
                onclick: () => this.watch() },
                say('用摄像头扫', 'Scan with the camera')) : null);
        onSubmit(this.form, ({ code }) => this.scan(code));
        this.cameraPlace = h('div');
        this.head = h('div');
        this.asked = h('div');
        this.seated = h('div');
        this.place.replaceChildren(this.head, this.form, this.cameraPlace,
            this.asked,
            h('div', { class: 'row' },
                h('button', { type: 'button', class: 'plain',
                    onclick: () => this.askSeal() }, say('封管', 'Seal it')),
                h('button', { type: 'button', class: 'plain',
                    onclick: () => this.try(() => this.list()) },
                  say('其他管', 'Other tubes'))),
            this.seated);
    }

    paint(tube) {
        this.count = tube.count;
        this.head.replaceChildren(
            h('h2', {}, `${tube.barcode} `,
              say(`${tube.count}/${tube.capacity}人`,
                  `${tube.count} of ${tube.capacity}`)),
            h('p', { class: 'hint' }, tube.place));
        clear(this.form);
        this.asked.replaceChildren();
        this.seated.replaceChildren(this.people(tube.people || []));
        if (!this.video?.isOn) {
            this.form.elements.code.focus();
        }
    }

    /* Neither of the two can be taken back. */

    askSeal() {
        question({ place: this.asked, text: say(
            `封管后不能再登记或移出。确认封管${this.barcode}，共${this.count}人？`,
            'Nobody can be added or taken out then. Seal '
            + `${this.barcode}, with ${plural(this.count, 'person',
                                              'people')}?`),
        confirm: say('确认封管', 'Seal it') }, () => this.seal());
    }

    askRemove(each) {
        question({ place: this.asked, text: say(
            `把第${each.seat}位${each.name}移出本管？移出后收不到本管的结果。`,
            `Take ${each.name} out of seat ${each.seat}? Then this tube’s `
            + 'result is not theirs.'),
        confirm: say('确认移出', 'Take out') }, () => this.remove(each));
    }

    people(people) {
        return h('ul', { class: 'seats' },
            [...people].reverse().map((each) => h('li', {},
                h('strong', {}, say(`第${each.seat}位`, `Seat ${each.seat}`),
                  ` ${each.name}`),
                each.kind === 'kin' ? say('亲属码', 'family code')
                                    : say('本人', 'own code'),
                h('span', { class: 'hint' }, timeOf(each.at)),
                h('button', { type: 'button', class: 'plain small',
                              onclick: () => this.askRemove(each) },
                  say('移出', 'Take out')))));
    }

    /* The code leaves the page before anything can go wrong with it. */
    async scan(code) {
        this.form.elements.code.value = '';
        if (!code) {
            return;
        }
        this.say();
        const seat = await this.civic.post(this.path('/people'), { code },
                                           { key: newKey() });

        this.say(say(`第${seat.seat}位，共${seat.capacity}位：${seat.name}`,
                     `Seat ${seat.seat} of ${seat.capacity}: ${seat.name}`));
        if (seat.state === 'open') {
            await this.tube(this.barcode);
        } else {
            this.said.append(' ', say('已坐满，自动封管。',
                                      'It is full, and sealed.'));
            await this.list();
        }
    }

    async remove(each) {
        await this.civic.delete(this.path(`/people/${each.entry_id}`));
        this.say(say(`第${each.seat}位已移出。`,
                     `Seat ${each.seat} is free again.`));
        await this.tube(this.barcode);
    }

    async seal() {
        await this.sealed(await this.civic.post(this.path('/seal')));
    }

    /* ---- the camera ---- */

    async watch() {
        this.endCamera();
        await this.try(async () => {
            this.video = await camera.watch(this.cameraPlace, (code) =>
                this.try(() => this.scan(code), this.form));
        }, this.form);
    }
}

/** Stands in root until what it returns is called. */
export function tubesDesk(options) {
    const desk = new Tubes(options);

    desk.try(() => desk.list());
    return () => desk.stop();
}
