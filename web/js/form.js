/*
 * form.js - problems where they belong: each wrong field is marked and says
 * why, the form says the rest, a wait is counted down.
 *
 * A form holds <p class="notice" role="alert" hidden> for what concerns the
 * whole, and controls whose names are the API's.
 */

import { Problem } from './api.js';
import { clock, countdown, h, language, say } from './dom.js';

let ids = 0;

/** What a form begins with: where the whole of a problem is said. */
export function notice() {
    return h('p', { class: 'notice', role: 'alert', hidden: true });
}

function errorOf(control) {
    const id = control.getAttribute('aria-describedby')?.split(' ')
        .find((each) => each.startsWith('error-'));

    return id ? document.getElementById(id) : null;
}

function unmark(control) {
    const error = errorOf(control);
    const rest = (control.getAttribute('aria-describedby') || '').split(' ')
        .filter((each) => each !== error?.id && !each.startsWith('said-'))
        .join(' ');

    control.removeAttribute('aria-invalid');
    if (rest) {
        control.setAttribute('aria-describedby', rest);
    } else {
        control.removeAttribute('aria-describedby');
    }
    error?.remove();
}

/* The radios or boxes of one question, of which a control is one. */
function questionOf(control) {
    const group = control.closest('fieldset');
    const inputs = [...group?.querySelectorAll('input') || []];

    return inputs.length > 1 && inputs.every(({ name }) =>
        name === control.name) ? group : null;
}

function mark(control, text) {
    const error = errorOf(control);
    const described = control.getAttribute('aria-describedby');
    const id = `error-${++ids}`;
    const question = questionOf(control);
    // the error comes below all of it; of a box, below its label
    const after = question?.lastElementChild
        || control.closest('label.tick') || control;

    if (error) {
        error.append(h('br'), text);
        return;
    }
    after.after(h('span', { class: 'error', id }, text));
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-describedby', described ? `${described} ${id}`
                                                       : id);
    (question || control).addEventListener('input', () => unmark(control),
                                           { once: true });
}

/* What the notice above says word for word is not said twice: the control is
   marked, and described by it.  A box may be far below. */
function markBy(control, notice) {
    const described = control.getAttribute('aria-describedby');

    notice.id = notice.id || `said-${++ids}`;
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-describedby',
        [described, notice.id].filter(Boolean).join(' '));
    control.addEventListener('input', () => unmark(control), { once: true });
}

/** The control of a pointer: "/flags/face" is named "flags.face", or the
    nearest one above it. */
function controlOf(form, pointer) {
    const parts = pointer.replace(/^[/?]/, '').split('/');

    for (; parts.length > 0; parts.pop()) {
        const control = form.elements.namedItem(parts.join('.'));

        if (control && control.type !== 'hidden') {
            return control instanceof RadioNodeList ? control[0] : control;
        }
    }
    return null;
}

/** What is wrong with a field, and what a right one looks like. */
export function wrongOf({ detail, example }) {
    if (!example) {
        return detail;
    }
    return language() === 'en' ? `${detail} For example: ${example}`
                               : `${detail}例如：${example}`;
}

/** Marks the control of a pointer, and leaves the focus where it is: for what
    is saved while somebody types.  False if there is none. */
export function markField(form, pointer, text) {
    const control = controlOf(form, pointer);

    if (control) {
        unmark(control);
        mark(control, text);
    }
    return control !== null;
}

/** Takes away what show() said. */
export function clear(form) {
    const notice = form.querySelector('.notice');

    form.stopWait?.();
    for (const control of form.elements) {
        unmark(control);
    }
    if (notice) {
        notice.hidden = true;
        notice.replaceChildren();
    }
}

/* Nothing can be sent before the server would listen.  The buttons stay where
   the keyboard finds them, and press nothing. */
function wait(form, notice, seconds) {
    const end = Date.now() + seconds * 1000;
    const left = h('span', { class: 'wait', 'aria-hidden': 'true' });
    const buttons = form.querySelectorAll('button[type=submit]');
    const stop = countdown(() => end - Date.now(),
        (ms) => left.replaceChildren(clock(ms)), () => form.stopWait());

    notice.append(' ', left);
    buttons.forEach((button) => button.setAttribute('aria-disabled', 'true'));
    form.stopWait = () => {
        stop();
        left.remove();
        buttons.forEach((button) => button.removeAttribute('aria-disabled'));
        form.stopWait = null;
    };
}

/**
 * Shows a problem: at its fields, and above the form.
 * @param {HTMLFormElement} form
 * @param {import('./api.js').Problem} problem
 */
export function show(form, problem) {
    const notice = form.querySelector('.notice');
    const lines = [problem.detail];
    let first = null;

    clear(form);
    for (const error of problem.errors) {
        const control = controlOf(form, error.pointer);

        if (control && error.detail === problem.detail
            && control.type !== 'checkbox')
        {
            markBy(control, notice);
            first = first || control;
        } else if (control) {
            mark(control, wrongOf(error));
            first = first || control;
        } else {
            lines.push(error.detail);
        }
    }

    notice.replaceChildren(...lines.flatMap((line) => [line, h('br')])
        .slice(0, -1));
    if (problem.requestId) {
        notice.append(h('small', {}, h('br'),
            say('请求编号：', 'Request number: '), problem.requestId));
    }
    notice.hidden = false;
    notice.toggleAttribute('data-no-answer', problem.code === 'no_answer');
    if (problem.retryAfter > 0) {
        wait(form, notice, problem.retryAfter);
    }
    if (first) {
        first.focus();
    } else {
        notice.scrollIntoView?.({ block: 'nearest' });
    }
}

/**
 * Makes a form send: one at a time, its problems shown, its values by name.
 * @param {HTMLFormElement} form
 * @param {(values: object) => Promise<void>} send
 * @param {(problem: any) => void} [failed]  after the problem is shown
 */
export function onSubmit(form, send, failed = () => {}) {
    form.noValidate = true;
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (form.getAttribute('aria-busy') === 'true' || form.stopWait) {
            return;
        }
        clear(form);
        form.setAttribute('aria-busy', 'true');
        try {
            await send(values(form));
        } catch (problem) {
            if (!(problem instanceof Problem)) {
                throw problem;
            }
            show(form, problem);
            failed(problem);
        } finally {
            form.removeAttribute('aria-busy');
        }
    });
}

/**
 * What cannot be taken back is asked for twice: what follows is said, and has
 * the focus, so that no key pressed in haste does it.
 * @param {object} options
 * @param {Element} options.place  where the question stands, and nothing else
 * @param {Node} options.text      what follows
 * @param {Node} options.confirm   the words of the button
 * @param {() => Promise<void>} act
 * @param {(problem: any) => void} [failed]  after the problem is shown
 * @returns {HTMLFormElement}
 */
export function question({ place, text, confirm }, act, failed) {
    const before = document.activeElement;
    const head = h('p', { tabindex: '-1' }, text);
    const form = h('form', { class: 'question' }, notice(), head,
        h('div', { class: 'row' }, h('button', { type: 'submit' }, confirm),
            h('button', { type: 'button', class: 'plain', onclick: () => {
                place.replaceChildren();
                before?.focus();
            } }, say('取消', 'Cancel'))));

    place.replaceChildren(form);
    head.focus();
    form.scrollIntoView({ block: 'nearest' });
    onSubmit(form, act, failed);
    return form;
}

// Numbers of documents and codes.  In these full-width digits and letters, which
// Chinese keyboards type, mean the plain ones, and blanks nothing.
const PLAIN = new Set(['id_number', 'captcha_answer', 'totp']);

function textIn({ name, value = '' }) {
    return PLAIN.has(name) ? value.normalize('NFKC').replace(/\s/g, '')
                           : value;
}

/** Fills in what values() gave. */
export function fillIn(form, all) {
    for (const [name, value] of Object.entries(all)) {
        const control = form.elements.namedItem(name);

        if (control?.type === 'checkbox') {
            control.checked = value;
        } else if (control) {
            control.value = value;
        }
    }
}

/** Texts by name, those that are empty left out; boxes are true or false. */
export function values(form) {
    const all = {};

    for (const control of form.elements) {
        if (control.name && control.type === 'checkbox') {
            all[control.name] = control.checked;
        } else if (control.name && textIn(control) !== ''
                   && control.type !== 'submit'
                   && (control.type !== 'radio' || control.checked))
        {
            all[control.name] = textIn(control);
        }
    }
    return all;
}
