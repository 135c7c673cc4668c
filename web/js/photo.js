/*
 * photo.js - the step in which a photo is chosen, checked, mended, uploaded.
 *
 * Before anything is sent for good the citizen sees all that is wrong with
 * the photo, and the tool (照片处理工具) turns, crops and scales it.  Whether it
 * passes is the server's to say; a page that is loaded anew goes on with the
 * photo that is there.
 */

import { newKey, Problem } from './api.js';
import { h, put, say } from './dom.js';
import { notice, show } from './form.js';
import { whyNoJpeg } from './picture-file.js';
import { reportList } from './report.js';

const WAITING = new Set(['checking', 'comparing', 'review']);
const GOOD = new Set(['passed', 'finished']);

// The check may wait for its turn behind others.
const UPLOAD_TIMEOUT = 90000;           // ms

/* The chosen file as something that an <img> shows: the page's policy allows
   data, and no objects of the browser's. */
function dataUrl(file) {
    return new Promise((resolve) => {
        const reader = new FileReader();

        reader.addEventListener('load', () => resolve(reader.result));
        reader.addEventListener('error', () => resolve(null));
        reader.readAsDataURL(file);
    });
}

/** The step as it goes: each method shows something and says what is next. */
class Photo {
    constructor({ civic, root, channel, network, profile }) {
        Object.assign(this, { civic, root, channel, network });
        /* what an exam asks of it; none: the notice's */
        this.profile = profile ? `profile=${encodeURIComponent(profile)}`
                               : '';
        this.stop = new AbortController();
    }

    run(signal) {
        return new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.reject = reject;
            signal?.addEventListener('abort', () => reject(signal.reason),
                                     { once: true });
            this.open().catch((problem) => this.failed(problem));
        }).finally(() => this.stop.abort());
    }

    /* A photo that was uploaded before is gone on with. */
    async open() {
        const photo = await this.civic.get(
            this.path('/photo-check/photos/current'))
            .catch((problem) => {
                if (problem.code !== 'not_found') {
                    throw problem;
                }
                return null;
            });

        if (photo) {
            this.judged(photo);
        } else {
            this.choose();
        }
    }

    failed(problem) {
        if (!(problem instanceof Problem) || problem.status === 401) {
            this.reject(problem);
            return;
        }
        show(this.form || this.put(), problem);
    }

    /* One form at a time, whose buttons do things one at a time. */
    put(...children) {
        this.form = h('form', {}, notice(), ...children);
        this.form.addEventListener('submit', (event) =>
            event.preventDefault());
        put(this.root, this.form);
        return this.form;
    }

    /* Buttons keep the focus, and press nothing. */
    async busy(work) {
        const form = this.form;
        const files = form.querySelectorAll('input');

        if (form.getAttribute('aria-busy') === 'true') {
            return;
        }
        form.setAttribute('aria-busy', 'true');
        files.forEach((each) => { each.disabled = true; });
        try {
            await work();
        } catch (problem) {
            this.failed(problem);
        } finally {
            form.removeAttribute('aria-busy');
            files.forEach((each) => { each.disabled = false; });
        }
    }

    button(text, work, plain) {
        return h('button', { type: 'button', class: plain ? 'plain' : null,
                             onclick: () => this.busy(work) }, text);
    }

    chooser(text) {
        const input = h('input', { type: 'file', name: 'photo',
                                   accept: 'image/jpeg,.jpg,.jpeg',
                                   onchange: () => input.files.length > 0
                                       && this.busy(() =>
                                           this.check(input.files[0])) });

        return h('label', { class: 'file' }, text, input);
    }

    choose(...above) {
        this.put(...above, this.chooser(say('选择照片', 'Choose a photo')));
    }

    path(path) {
        return !this.profile ? path
            : `${path}${path.includes('?') ? '&' : '?'}${this.profile}`;
    }

    send(path, file, key) {
        return this.civic.upload(this.path(path), file,
                                 { key, timeout: UPLOAD_TIMEOUT });
    }

    /* All that is wrong, before anything is stored. */
    async check(file) {
        const detail = await whyNoJpeg(file);

        if (detail) {
            this.choose();
            throw new Problem({ code: 'not_jpeg', detail, errors: [
                { pointer: '/photo', code: 'not_jpeg', detail }] });
        }
        this.file = file;
        this.key = newKey();
        this.turn = 0;

        const [picture, report] = await Promise.all([dataUrl(file),
            this.send('/photo-check/preview', file)]);

        this.offer(picture, report);
    }

    picture(url) {
        return url ? h('img', { class: 'photo', src: url, alt: '' }) : null;
    }

    offer(picture, { report }) {
        const good = report.verdict === 'passed';

        this.put(this.picture(picture),
            h('h3', {}, say('检测报告', 'What was found')),
            reportList(report),
            report.verdict !== 'refused'
                ? this.button(say('上传照片', 'Upload it'),
                    () => this.upload()) : null,
            this.button(say('照片处理工具', 'Let the tool mend it'),
                () => this.process(0), good),
            this.chooser(say('另选一张', 'Choose another one')));
    }

    async upload() {
        this.judged(await this.send('/photo-check/photos', this.file,
                                    this.key));
    }

    /* Each turn begins with the chosen file: nothing is lost by turning. */
    async process(degrees) {
        this.turn = (this.turn + degrees) % 360;

        const photo = await this.send(
            `/photo-check/process?turn=${this.turn}`, this.file, newKey());

        this.mended(photo);
    }

    mended(photo) {
        this.put(this.picture(photo.picture_url),
            h('ul', {}, (photo.changes || []).map((change) =>
                h('li', {}, change.text))),
            h('h3', {}, say('检测报告', 'What was found')),
            reportList(photo.report),
            photo.report.verdict !== 'refused'
                ? this.button(say('使用处理后的照片', 'Use this one'),
                    () => this.submit(photo)) : null,
            this.button(say('向右转', 'Turn it right'),
                () => this.process(90), true),
            this.button(say('向左转', 'Turn it left'),
                () => this.process(270), true),
            this.chooser(say('另选一张', 'Choose another one')));
    }

    async submit(photo) {
        this.judged(await this.civic.post(
            `/photo-check/photos/${photo.photo_id}/submit`, undefined,
            { key: newKey() }));
    }

    /* What the server says of the photo that is uploaded. */
    judged(photo) {
        const pc = this.channel === 'pc';
        const title = h('p', { class: GOOD.has(photo.state) ? 'done' : '',
                               role: 'status' },
            h('strong', {}, (pc ? photo.title_pc : photo.title)
                            || photo.title));
        const button = (pc ? photo.button_pc : photo.button) || photo.button;

        if (photo.state === 'processed') {
            this.choose();
        } else if (GOOD.has(photo.state)) {
            this.put(title, h('p', {}, photo.text),
                this.picture(photo.picture_url),
                this.button(button || say('照片上传完成', 'Done'),
                    () => this.finish(photo)),
                this.chooser(say('换一张', 'Take another one')));
        } else if (WAITING.has(photo.state)) {
            this.put(title, h('p', {}, photo.text),
                this.picture(photo.picture_url),
                this.button(say('继续', 'Go on'), async () =>
                    this.resolve()),
                this.chooser(say('换一张', 'Take another one')));
            this.wait(photo);
        } else {
            this.choose(title, h('p', {}, photo.text),
                photo.reason ? h('p', {}, photo.reason) : null,
                photo.report ? reportList(photo.report) : null);
        }
    }

    /* Until somebody, or the machine, has decided; or another one is taken. */
    async wait(photo) {
        const form = this.form;
        const path = `/photo-check/photos/${photo.photo_id}/wait`
            + `?state=${photo.state}`;

        try {
            const changed = await this.civic.poll(path, null,
                (answer) => this.form !== form
                            || answer.state !== photo.state,
                { signal: this.stop.signal, network: this.network });

            if (this.form === form) {
                this.judged(changed);
            }
        } catch (problem) {
            if (this.form === form && !this.stop.signal.aborted) {
                this.failed(problem);
            }
        }
    }

    async finish(photo) {
        if (photo.state !== 'finished') {
            await this.civic.post(
                `/photo-check/photos/${photo.photo_id}/finish`);
        }
        this.resolve();
    }
}

/** Resolves when the photo is there: 照片上传完成.  signal: ends it. */
export function photoStep(options) {
    return new Photo(options).run(options.signal);
}
