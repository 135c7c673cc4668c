/*
 * card-login.js - 电子社保卡扫码登录: away to the card's issuer.  The way back
 * leads to card.html, with a code; what makes that code ours alone is a
 * secret that the server gives this browser as a cookie.
 */

import { byId } from './dom.js';
import { clear, onSubmit } from './form.js';

let form = null;

/* Only where a browser shows a page. */
function isPage(url) {
    return /^https?:\/\//.test(url);
}

async function leave(civic) {
    const begun = await civic.post('/login/card');

    if (!isPage(begun.authorization_url)) {
        throw new TypeError('authorization_url');
    }
    location.assign(begun.authorization_url);
}

/** Opens this way of the login page. */
export async function openCard(civic) {
    if (form === null) {
        form = byId('card');
        onSubmit(form, () => leave(civic));
    }
    clear(form);
}
