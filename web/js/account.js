/*
 * account.js - 账户登录: identity number, password, captcha.
 *
 * A captcha is good for one attempt: whatever comes of a login, the next one
 * needs another.  It is drawn, and spoken for who cannot see it.
 */

import { Problem } from './api.js';
import { byId, language, plural, say } from './dom.js';
import { clear, onSubmit, show } from './form.js';
import { isIn } from './page.js';
import { player } from './sound.js';

// Afterwards it may already be expired on its way to the server.
const EARLY = 5000;

let form = null;
let way = null;
let captcha = null;
let timer = null;
const sound = player();

function hint(...words) {
    byId('captcha-hint').replaceChildren(...words);
}

async function renew(civic, audio = false) {
    const answer = form.elements.captcha_answer;

    clearTimeout(timer);
    captcha = await civic.post('/login/captchas', audio ? { audio } : {},
                               { signal: way.signal });
    byId('captcha-image').src = captcha.image;
    answer.value = '';
    answer.maxLength = captcha.length + 4;
    hint(say(`图中有${captcha.length}个数字`,
             `The picture has ${plural(captcha.length, 'digit')}`));
    timer = setTimeout(() => {
        if (!way.signal.aborted) {
            renew(civic).then(() => hint(say('验证码已更新，请重新输入',
                'The captcha has expired: this is a new one'))).catch(tell);
        }
    }, Math.max(EARLY, civic.until(captcha.expires_at) - EARLY));
    if (audio) {
        await sound.play(captcha.audio);
    }
}

function tell(problem) {
    if (problem instanceof Problem) {
        show(form, problem);
    } else if (problem?.name !== 'AbortError') {
        throw problem;
    }
}

/* Nobody knows what came of it: whoever is in has logged in, and nobody else
   has done anything that must not be done twice. */
function unknown(problem) {
    return problem.code !== 'outcome_unknown' ? problem
        : new Problem({ code: 'not_logged_in', status: problem.status,
            request_id: problem.requestId, detail: language() === 'en'
                ? 'You are not logged in: the service is away. Try again in a '
                  + 'moment.'
                : '没有登录成功：系统暂时不可用。请稍候再试。' });
}

async function send(civic, values) {
    try {
        await civic.post('/login/password', {
            id_number: values.id_number,
            password: values.password,
            captcha_id: captcha?.captcha_id,
            captcha_answer: values.captcha_answer,
        });
    } catch (problem) {
        if (!problem.isUnknown || !await isIn()) {
            throw unknown(problem);
        }
    }
    clearTimeout(timer);
    form.reset();
    way.enter();
}

/* Who guesses must wait, and a captcha would not live that long. */
function afterwards(civic, problem) {
    if (problem.code === 'login_failed') {
        form.elements.password.value = '';
        form.elements.password.focus();
    }
    if (!problem.isUnknown) {
        renew(civic).catch(tell);
    }
}

function begin(civic) {
    form = byId('account');
    onSubmit(form, (values) => send(civic, values),
             (problem) => afterwards(civic, problem));
    byId('captcha-new').addEventListener('click', () => {
        renew(civic).then(() => form.elements.captcha_answer.focus())
            .catch(tell);
    });
    byId('captcha-audio').addEventListener('click', () => {
        renew(civic, true).then(() => form.elements.captcha_answer.focus())
            .catch(tell);
    });
}

/** Opens this way of the login page. */
export async function openAccount(civic, options) {
    if (form === null) {
        begin(civic);
    }
    way = options;
    way.signal.addEventListener('abort', () => clearTimeout(timer));
    clear(form);
    try {
        await renew(civic);
    } catch (problem) {
        tell(problem);
    }
}
