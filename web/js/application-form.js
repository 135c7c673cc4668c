/*
 * application-form.js - an application while it can be filled in: position,
 * photo, the exam's form, saved as one types; then 信息真实有效, and submitted
 * as a whole, with all that is wrong told at its field.
 */

import { newKey, Problem } from './api.js';
import { h, language, say } from './dom.js';
import { answersOf, Draft } from './draft.js';
import { ExamForm, nameOf } from './exam-form.js';
import { markField, notice, onSubmit, show, wrongOf } from './form.js';
import { photoStep } from './photo.js';
import { Positions } from './positions.js';
import { typing } from './typed.js';

const FORM = 'apply';
const NEWS = 10000;             // ms for which it is said in any case

const PHOTO = {
    none: () => say('还没有上传照片。', 'There is no photo yet.'),
    waiting: () => say('照片已上传，正在检查。', 'The photo is being checked.'),
    passed: () => say('✓ 照片已通过。', '✓ The photo has passed.'),
};

/* The application is open elsewhere, or over. */
const CLOSED = new Set(['review_waiting', 'review_approved',
    'review_removed', 'review_withdrawn', 'review_over', 'review_not_yet']);

class Editor {
    /* told(application): it was saved, or submitted; again(): it has to be
       read anew */
    constructor(options) {
        Object.assign(this, options);
        this.fields = new ExamForm(this.exam.form || []);
        this.draft = new Draft({ civic: this.civic, page: this,
                                 application: this.application });
        this.key = newKey();
        this.stopped = new AbortController();
        this.build();
        this.fill(answersOf(this.application), new Map());
        this.listen();
        this.giveBack(typing(this.draft.path, () => this.unsaved()));
    }

    stop() {
        this.stopped.abort();
        this.positions?.stop();
        this.draft.stop();
    }

    version() {
        return this.draft.version;
    }

    save() {
        return this.draft.save();
    }

    /* It was withdrawn, say, by the page itself. */
    renew(application) {
        this.draft.renew(application);
    }

    /* ---- what is seen --------------------------------------------------- */

    /* A part beside the form, whose faults are told as the form's are. */
    beside(name, title) {
        const line = h('p', { role: 'status' });
        const panel = h('div');
        const open = h('button', { type: 'button', class: 'plain' });

        this.root.append(h('fieldset', { name, form: FORM, tabindex: '-1' },
            h('legend', {}, title), line, open), panel);
        return { line, panel, open };
    }

    build() {
        const amend = this.application.next.includes('amend');

        this.place = this.beside('position', say('职位', 'Position'));
        this.place.open.addEventListener('click', () => this.choose());
        this.paintPosition(this.application.position);
        if (this.exam.photo_profile) {
            this.photo = this.beside('photo', say('照片', 'Photo'));
            this.photo.open.addEventListener('click', () =>
                this.takePhoto().catch((problem) => this.tell(problem)));
            this.paintPhoto(this.application.photo);
        }
        this.state = h('p', { role: 'status', class: 'hint saved' });
        this.form = h('form', { id: FORM, autocomplete: 'on' },
            h('h3', {}, say('确认信息并填写申请信息', 'Your details')),
            h('p', { class: 'hint' }, say('信息填写全部，不得遗漏、漏项。填写的内容自动保存。',
                'Fill in all of it. What you type is saved by itself.')),
            notice(), this.fields.elements, this.state,
            h('label', { class: 'tick' },
                h('input', { type: 'checkbox', name: 'declaration',
                             autocomplete: 'off' }),
                h('span', {}, say('信息真实有效',
                                  'All of it is true and valid'))),
            h('button', { type: 'submit' }, amend
                ? say('保存提交', 'Save and submit') : say('提交', 'Submit')));
        this.root.append(this.form);
        if (this.application.photo === 'waiting') {
            // what becomes of it is told here, and what to press then
            this.takePhoto().catch((problem) => this.tell(problem));
        }
        onSubmit(this.form, ({ declaration }) => this.submit(declaration),
                 (problem) => this.refused(problem));
    }

    paintPosition(position) {
        const { line, open } = this.place;

        line.replaceChildren(position
            ? [position.name, position.unit, position.code].filter(Boolean)
                .join(' · ')
            : say('还没有选择职位。', 'No position was chosen yet.'));
        open.replaceChildren(position ? say('更换职位', 'Choose another one')
                                      : say('选择职位', 'Choose a position'));
    }

    paintPhoto(progress) {
        this.photo?.line.replaceChildren(
            (PHOTO[progress] || PHOTO.none)());
        this.photo?.open.replaceChildren(PHOTO[progress] && progress !== 'none'
            ? say('查看照片', 'Look at the photo')
            : say('上传照片', 'Upload a photo'));
    }

    fill(answers, kept) {
        for (const { field } of this.fields.places) {
            if (!kept.has(nameOf(field)) && !this.draft.wrong
                .has(nameOf(field)))
            {
                this.fields.fill(field, answers[field.name]);
            }
        }
        this.fields.arrange();
    }

    /** What was typed and is not saved: it is now. */
    put(typed) {
        for (const { field } of this.fields.places) {
            const name = nameOf(field);

            if (name in typed) {
                this.fields.fill(field, typed[name]);
                this.draft.set(name, typed[name]);
            }
        }
        this.fields.arrange();
    }

    /* When a session ended. */
    giveBack(typed) {
        if (typed) {
            this.put(typed);
            this.alert(say('已恢复您退出登录前尚未保存的内容，请核对。',
                'What you had typed and not saved is here again: check it.'));
        }
    }

    /** By name. */
    unsaved() {
        const names = this.draft.unsaved;

        return Object.fromEntries(this.fields.places
            .filter(({ field }) => names.has(nameOf(field)))
            .map(({ field }) => [nameOf(field), this.fields.value(field)]));
    }

    /* ---- saving --------------------------------------------------------- */

    listen() {
        const { signal } = this.stopped;

        for (const event of ['input', 'change']) {
            this.form.addEventListener(event, ({ target }) =>
                this.typed(target, event), { signal });
        }
        addEventListener('visibilitychange', () => document.hidden
            && this.draft.save(), { signal });
        addEventListener('online', () => this.draft.save(), { signal });
        addEventListener('beforeunload', (event) => {
            if (!this.draft.isSaved) {
                event.preventDefault();
            }
        }, { signal });
    }

    typed(target, event) {
        const field = this.fields.fieldOf(target);

        if (!field) {
            return;
        }
        if (this.news && Date.now() > this.news) {
            this.news = null;
            this.form.querySelector('.notice').hidden = true;
        }
        this.draft.set(nameOf(field), this.fields.value(field));
        this.fields.arrange();
        if (event === 'change') {
            this.draft.save();
        }
    }

    say(zh, en) {
        this.state.replaceChildren(say(zh, en));
    }

    /* What the draft tells. */

    saving() {
        this.say('正在保存……', 'Saving ...');
    }

    saved(application) {
        if (this.draft.wrong.size === 0) {
            this.say('已保存。', 'Saved.');
        } else {
            this.say('标出的内容没有保存，请改正。',
                'What is marked was not saved: correct it.');
        }
        this.paintPosition(application.position);
        this.told(application);
    }

    lost(problem) {
        this.state.replaceChildren(say('尚未保存：', 'Not saved yet: '),
                                   problem.detail);
    }

    wrong(error) {
        markField(this.form, error.pointer, wrongOf(error));
    }

    changed(application, kept) {
        this.fill(answersOf(application), kept);
        this.paintPosition(application.position);
        this.alert(say('报名信息已在其他窗口或手机上修改，已载入最新内容；您正在填写的内容保留。',
            'Your application was changed in another window or on a phone. '
            + 'What is newest was taken over; what you are typing stays.'));
    }

    closed(problem) {
        this.tell(problem);
        if (CLOSED.has(problem.code)) {
            this.again().catch((failure) => this.tell(failure));
        }
    }

    alert(words) {
        const line = this.form.querySelector('.notice');

        line.replaceChildren(words);
        line.hidden = false;
        this.news = Date.now() + NEWS;
    }

    tell(problem) {
        if (this.stopped.signal.aborted || problem?.name === 'AbortError') {
            return;
        }
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (problem.status !== 401) {
            show(this.form, problem);
        }
    }

    /* ---- position and photo --------------------------------------------- */

    choose() {
        if (this.positions) {
            this.close();
            return;
        }
        this.positions = new Positions({ civic: this.civic,
            root: this.place.panel, exam_id: this.application.exam_id,
            choose: (position) => this.chosen(position) });
        this.place.panel.querySelector('input').focus();
    }

    close() {
        this.positions.stop();
        this.positions = null;
        this.place.panel.replaceChildren();
        this.place.open.focus();
    }

    async chosen({ code }) {
        this.close();
        this.place.line.replaceChildren(code);
        this.draft.set('position', code);
        await this.draft.save();
    }

    async takePhoto() {
        const { panel, open } = this.photo;

        open.hidden = true;
        // the step says more
        this.photo.line.hidden = true;
        try {
            await photoStep({ civic: this.civic, root: panel, channel: 'pc',
                network: this.network, profile: this.exam.photo_profile,
                signal: this.stopped.signal });
        } finally {
            panel.replaceChildren();
            open.hidden = false;
            this.photo.line.hidden = false;
        }
        this.paintPhoto((await this.civic.get(this.draft.path)).photo);
        open.focus();
    }

    /* ---- submitting ----------------------------------------------------- */

    /* Nobody submits other than they see. */
    async allSaved() {
        const en = language() === 'en';

        if (!await this.draft.save()) {
            throw new Problem({ code: 'no_answer', status: 0, detail: en
                ? 'Not everything is saved yet. Try again in a moment.'
                : '还有内容没有保存，请稍后再提交。',
                errors: [...this.draft.wrong.values()] });
        }
        if (this.draft.wrong.size > 0) {
            throw new Problem({ code: 'invalid_fields', detail: en
                ? 'Correct what is marked, then submit.'
                : '请改正标出的内容，再提交。',
                errors: [...this.draft.wrong.values()] });
        }
    }

    async submit(declaration) {
        await this.allSaved();

        const answer = await this.civic.post(`${this.draft.path}/submit`,
            { version: this.draft.version, declaration }, { key: this.key });

        this.key = newKey();
        this.told(answer);
    }

    refused(problem) {
        if (!problem.isUnknown) {
            this.key = newKey();
        }
        if (problem.code === 'conflict') {
            this.draft.newest(new Map());
        } else if (CLOSED.has(problem.code)) {
            this.again().catch((failure) => this.tell(failure));
        }
        if (problem.errors.some(({ pointer }) => pointer === '/identity')) {
            this.form.querySelector('.notice').append(h('br'),
                h('a', { href: 'onboarding.html' }, say('去完成身份认证',
                    'Prove who you are')));
        }
    }
}

/** The part of the page in which an application is filled in. */
export function editor(options) {
    return new Editor(options);
}
