/*
 * lib.js - what the scripts of t/browser share: Chromium, pages that tell
 * what goes wrong in them, and checks, told to Civic::Browser as lines.
 *
 *     const { check, is, browser } = require('./lib');
 *     browser(async ({ open, base, people }) => { ... });
 *
 * A page that violates its policy, throws, writes an error to the console or
 * asks another host fails the test, whatever it was about.
 */

const { chromium } = require('playwright-core');

const settings = JSON.parse(process.env.CIVIC_BROWSER);
const hosts = [settings.base, settings.base.replace('127.0.0.1', 'localhost'),
    'data:'];

// ms for anything that a page shall show: only what fails takes so long, and a
// machine that others use, too, is slow.
const TIMEOUT = 30000;

function tell(line) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
}

function check(passed, name, why) {
    if (process.env.V) {
        process.stderr.write(`${process.uptime().toFixed(1)} ${name}\n`);
    }
    tell({ passed: Boolean(passed), name, why });
    return passed;
}

function is(found, wanted, name) {
    const a = JSON.stringify(found);
    const b = JSON.stringify(wanted);

    return check(a === b, name, a === b ? undefined
                                        : `found ${a}, wanted ${b}`);
}

/* Waits for what a locator must show; a check that can fail. */
async function shows(locator, name, timeout = TIMEOUT) {
    let why;

    try {
        await locator.first().waitFor({ state: 'visible', timeout });
    } catch (error) {
        why = `${error.message.split('\n')[0]}\n`
            + await locator.page().locator('body').innerText()
                .catch(() => 'no page');
    }
    return check(!why, name, why);
}

/* Until what is found is what is wanted: for what follows an answer of the
   server, or what the browser tells in its own time. */
async function becomes(find, wanted, name) {
    const until = Date.now() + TIMEOUT;
    const same = (found) => JSON.stringify(found) === JSON.stringify(wanted);
    let found = await find();

    while (!same(found) && Date.now() < until) {
        await new Promise((resolve) => { setTimeout(resolve, 50); });
        found = await find();
    }
    return is(found, wanted, name);
}

/* Presses a control by the keyboard alone; what then stands in a place has the
   focus, so that nobody begins at the top of the page again. */
async function byKey(control, place, what) {
    await control.focus();
    await control.press('Enter');
    await what.first().waitFor();
    return becomes(() => control.page().evaluate((where) =>
        Boolean(document.activeElement.closest(where)), place), true,
    `who uses keys goes on in ${place}`);
}

/* For people who want to see a page as it is there: SHOTS=folder has its
   picture, as wide as a phone and as a PC. */
async function look(page, name) {
    const before = page.viewportSize();

    for (const width of process.env.SHOTS ? [320, 360, 1280] : []) {
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ fullPage: true,
            path: `${process.env.SHOTS}/${name}-${width}.png` });
    }
    await page.setViewportSize(before);
    is(await page.evaluate(nameless), [], `${name}: every control has a name`);
    return is(await sideways(page), 0, `${name}: nothing stands outside`);
}

/* In the page: controls of which a screen reader cannot say what they are. */
function nameless() {
    return [...document.querySelectorAll('input, select, textarea, button, a')]
        .filter((each) => each.checkVisibility()
            && !(each.getAttribute('aria-label') || each.innerText?.trim()
                 || [...each.labels || []].some((label) =>
                     label.innerText.trim())))
        .map((each) => each.outerHTML);
}

/* How many px a page is wider than a small phone. */
async function sideways(page) {
    const before = page.viewportSize();

    await page.setViewportSize({ width: 320, height: 700 });

    const more = await page.evaluate(
        () => Math.max(0, document.documentElement.scrollWidth - 320));

    await page.setViewportSize(before);
    return more;
}

/*
 * Problems that a page was answered are its business and no error; Chromium
 * writes each as "Failed to load resource", which tells nothing else.
 */
function watch(page, faults, expected) {
    const fault = (what) => {
        if (!expected.some((each) => each.test(what))) {
            faults.push(`${page.url().split('?')[0]}: ${what}`);
        }
    };

    page.on('pageerror', (error) => fault(`${error.stack || error}`));
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())
            && !/^Failed to load resource: (the server responded|net::ERR_INTERNET_DISCONNECTED)/
                .test(message.text()))
        {
            fault(`console: ${message.text()}`);
        }
    });
    page.on('request', (request) => {
        const url = request.url();

        if (!hosts.some((host) => url.startsWith(host))) {
            fault(`asks ${url.split('?')[0]}`);
        }
    });
    page.on('response', async (response) => {
        const url = new URL(response.url());

        if (url.origin !== settings.base) {
            return;
        }
        if (response.status() >= 500) {
            fault(`${url.pathname}: ${response.status()}`);
        }
        tell({ seen: [response.request().method(), url.pathname,
                      response.status(),
                      await code(response)] });
    });
}

async function code(response) {
    const type = response.headers()['content-type'] || '';

    if (!type.startsWith('application/problem+json')) {
        return null;
    }
    return response.json().then((problem) => problem.code, () => null);
}

/*
 * Runs a story with a browser of its own.  story({ open, base, ... }): what
 * Civic::Browser has given; open(path, { context, width, height }), a page of
 * a browser of its own, or of that context; context({ width, ... }), one that
 * is prepared before it has a page; expected, patterns of faults that the story
 * provokes.
 */
async function browser(story) {
    const faults = [];
    const expected = [];
    const chrome = await chromium.launch({
        executablePath: settings.chromium,
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
               '--autoplay-policy=no-user-gesture-required'],
    });
    const context = async ({ width = 1000, height = 900, ...more }) => {
        const made = await chrome.newContext({ locale: 'zh-CN',
            viewport: { width, height }, ...more });

        // those that a page opens by itself, too
        made.on('page', (page) => watch(page, faults, expected));
        made.setDefaultTimeout(TIMEOUT);
        return made;
    };
    const open = async (path, options = {}) => {
        const where = options.context || await context(options);
        const page = await where.newPage();

        if (path !== undefined) {
            await page.goto(settings.base + path);
        }
        return page;
    };

    try {
        await story({ ...settings, open, context, expected });
    } catch (error) {
        const pages = chrome.contexts().flatMap((each) => each.pages());
        const texts = await Promise.all(pages.map(async (page) =>
            `${page.url()}\n${await page.locator('body').innerText()
                .catch(() => '')}`));

        check(false, 'the story goes to its end',
              [error.stack, ...texts].join('\n'));
    }
    is(faults, [], 'no page did wrong: policy, script, console, other hosts');
    await chrome.close();
    tell({ done: true });
}

module.exports = { TIMEOUT, becomes, browser, byKey, check, is, look, shows };
