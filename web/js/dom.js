/*
 * dom.js - small tools for pages: elements, and words in two languages.
 *
 * Words stand in a page twice, each in a <span lang>; the style sheet shows
 * those of the page's language, and so does a screen reader.
 */

/**
 * An element: h('p', { class: 'hint' }, 'text', another).  A property that is
 * a function is a listener ("onclick"), one that is null or false is left
 * out.  Text is text: nothing here reads HTML.
 */
export function h(tag, properties = {}, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(properties)) {
        if (typeof value === 'function') {
            element.addEventListener(name.slice(2), value);
        } else if (value === true) {
            element.setAttribute(name, '');
        } else if (value !== null && value !== undefined && value !== false) {
            element.setAttribute(name, value);
        }
    }
    element.append(...children.flat(Infinity).filter((child) => child != null));
    return element;
}

/**
 * Puts something into a place.  Whoever had the focus there, for they pressed
 * a button that goes, goes on where it begins.
 */
export function put(place, ...children) {
    const inside = place.contains(document.activeElement);

    place.replaceChildren(...children.flat(Infinity)
        .filter((child) => child != null));
    if (inside) {
        const first = [...place.querySelectorAll('h2, h3, p, li')]
            .find((each) => each.checkVisibility()) || place;

        first.tabIndex = -1;
        first.focus();
    }
}

/** Words in both languages. */
export function say(zh, en) {
    const both = document.createDocumentFragment();

    both.append(h('span', { lang: 'zh-CN' }, zh), h('span', { lang: 'en' },
                                                    en));
    return both;
}

/** A number with its English noun: "1 day", "2 days". */
export function plural(n, one, many = `${one}s`) {
    return `${n} ${n === 1 ? one : many}`;
}

/** Options of a <select>, each [value, zh, en].  One holds plain text: of one
    language, whichever is chosen. */
export function options(list) {
    const made = list.map(([value]) => h('option', { value }));
    const name = () => made.forEach((option, i) => {
        option.textContent = list[i][language() === 'en' ? 2 : 1];
    });
    const follow = () => {
        name();
        if (!made[0].isConnected) {
            document.removeEventListener('language', follow);
        }
    };

    name();
    document.addEventListener('language', follow);
    return made;
}

/** Elements by id. */
export function byId(id) {
    return document.getElementById(id);
}

/** The page's language: 'zh-CN' or 'en'. */
export function language() {
    return document.documentElement.lang === 'en' ? 'en' : 'zh-CN';
}

/** Of a pair { zh, en } that a configuration or an answer has. */
export function pick(pair) {
    return language() === 'en' ? pair.en || pair.zh : pair.zh;
}

/** An instant, as it is written in the page's language; the time is China's,
    as in every notice. */
export function timeOf(instant) {
    return new Date(instant).toLocaleString(language(),
        { dateStyle: 'medium', timeStyle: 'short',
          timeZone: 'Asia/Shanghai' });
}

/** "1:05" of ms; beyond two minutes nobody counts seconds. */
export function clock(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const minutes = Math.ceil(seconds / 60);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    const en = language() === 'en';

    if (seconds <= 120) {
        return `${Math.floor(seconds / 60)}:`
            + String(seconds % 60).padStart(2, '0');
    }
    return [hours > 0 ? `${hours}${en ? ' h' : '小时'}` : '',
            rest > 0 ? `${rest}${en ? ' min' : '分钟'}` : '']
        .filter(Boolean).join(en ? ' ' : '');
}

/* A page of Alipay's is opened inside Alipay by its own address. */
function alipayAddress(url) {
    return /^https:\/\/openapi\.alipay\.com\//.test(url)
        ? 'alipays://platformapi/startapp?appId=20000067&url='
          + encodeURIComponent(url)
        : url;
}

/** What a QR code holds, for who reads the page on that very phone. */
export function inAlipay(url) {
    return h('a', { class: 'button plain same-phone', target: '_blank',
                    rel: 'noopener', href: alipayAddress(url) },
        say('在支付宝中打开', 'Open it in Alipay'));
}

/**
 * Calls tick(ms left) each second until an end, then over().
 * @returns {() => void} stops it
 */
export function countdown(left, tick, over) {
    let timer = null;
    const step = () => {
        const ms = left();

        tick(Math.max(0, ms));
        if (ms <= 0) {
            over();
        } else {
            timer = setTimeout(step, Math.min(1000, ms));
        }
    };

    step();
    return () => clearTimeout(timer);
}
