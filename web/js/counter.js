/*
 * counter.js - the other way: a code to take to the service window.
 *
 * Who has written a code down must find it good: the one that is open is
 * shown, and another one, which voids it, only where somebody asks for it.
 */

import { newKey, Problem } from './api.js';
import { h, language, put, say, timeOf } from './dom.js';
import { onSubmit } from './form.js';

const REQUESTS = '/face-auth/counter-requests';

function notice() {
    return h('p', { class: 'notice', role: 'alert', hidden: true });
}

/** The request that waits for the window; null if there is none. */
export async function counterOpen(civic) {
    try {
        const request = await civic.get(REQUESTS);

        return request.state === 'waiting' ? request : null;
    } catch (problem) {
        if (problem.code === 'not_found') {
            return null;
        }
        throw problem;
    }
}

/**
 * The form that leads there.
 * @param {import('./api.js').Civic} civic
 * @param {string} purpose
 * @param {(request: object) => void} take  gets the open request
 */
export function counterWay(civic, purpose, take) {
    const form = h('form', {}, notice(),
        h('p', { class: 'hint' }, say('不方便刷脸的，可以到服务窗口由工作人员核对。',
            'You can also have it done at the counter.')),
        h('button', { type: 'submit', class: 'plain' },
            say('到服务窗口办理', 'At the counter instead')));
    const another = maker(civic, purpose);

    onSubmit(form, async () => take(await counterOpen(civic)
                                    || await another()));
    return form;
}

/* Each code is asked for once, however often the network fails. */
function maker(civic, purpose) {
    let key = newKey();

    return async () => {
        try {
            const request = await civic.post(REQUESTS, { purpose }, { key });

            key = newKey();
            return request;
        } catch (problem) {
            if (!problem.isUnknown) {
                key = newKey();
            }
            throw problem;
        }
    };
}

/* A second form: its problem, a limit say, leaves the code in the page. */
function anotherCode(options) {
    const form = h('form', {}, notice(),
        h('p', { class: 'hint' },
            say('编号泄露时才需要换新；换新后原编号作废，次数有限。',
                'Only if somebody else knows the code: a new one makes the '
                + 'old one void, and there are not many.')),
        h('button', { type: 'submit', class: 'plain' },
            say('换新编号（原编号作废）', 'A new code (the old one is void)')));
    const another = maker(options.civic, options.purpose);

    onSubmit(form, async () => askCounter({ ...options,
                                            request: await another() }));
    return form;
}

function nothingYet() {
    return new Problem({ code: 'waiting', detail: language() === 'en'
        ? 'The counter has not decided yet.' : '窗口尚未办理完成。' });
}

/* Why there is no code any more. */
function over(state) {
    return state === 'expired'
        ? new Problem({ code: state, detail: language() === 'en'
            ? 'The code for the counter has expired. Get a new one, or use '
              + 'your face.'
            : '服务窗口编号已过期。请重新申请，或改用人脸识别。' })
        : new Problem({ code: state, detail: language() === 'en'
            ? 'The counter could not confirm who you are. Come again with '
              + 'your identity document, or use your face.'
            : '服务窗口未能核实您的身份。请携带身份证件原件再次前往，或改用人脸识别。' });
}

async function decided({ civic, proven, face }) {
    const { state } = await civic.get(REQUESTS);

    if (state === 'waiting') {
        throw nothingYet();
    } else if (state === 'passed' || state === 'done') {
        proven();
    } else {
        face(over(state));
    }
}

/**
 * Shows a request that is open.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {object} options.request
 * @param {string} options.purpose
 * @param {() => void} options.proven  the window has passed it
 * @param {(problem?: Problem) => void} options.face  the other way again
 */
export function askCounter(options) {
    const { request } = options;
    const form = h('form', {}, notice(),
        h('p', {}, request.text || say('请带上身份证件，到服务窗口出示编号。',
            'Take your identity document and the code to the counter.')),
        h('p', {}, h('strong', { class: 'number' }, request.code)),
        h('p', { class: 'hint' }, say('有效期至：', 'Good until: '),
            timeOf(request.expires_at)),
        h('button', { type: 'submit' }, say('窗口已办理，继续',
            'It was done there: go on')),
        h('button', { type: 'button', class: 'plain',
                      onclick: () => options.face() },
            say('改用人脸识别', 'Use the face instead')));

    put(options.root, form, anotherCode(options));
    onSubmit(form, () => decided(options));
}
