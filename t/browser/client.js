// See account.t: web/js/api.js on a network that fails.

const { browser, is } = require('./lib');

/* Runs in the page: what the client does, and what was asked meanwhile. */
async function inPage() {
    const { Civic, newKey, sleep } = await import('/web/js/api.js');
    const civic = new Civic();
    const code = (promise) => promise.then((it) => it, (it) => it.code);
    const stop = new AbortController();
    const network = [];
    const again = [];

    civic.onAgain = (asked) => again.push(asked);

    const polled = civic.poll('/test/poll', () => ({}), (it) => it.done,
        { signal: new AbortController().signal,
          network: (lost) => network.push(lost) });
    const endless = civic.poll('/test/endless', () => ({}), () => false,
        { signal: stop.signal }).catch((error) => error.name);
    const answers = await Promise.all([
        code(civic.get('/test/get')),
        code(civic.post('/test/post', { a: 1 })),
        code(civic.post('/test/key', { a: 1 }, { key: newKey() })),
        code(civic.post('/test/busy', { a: 1 })),
        code(civic.get('/test/html')),
        polled,
    ]);

    stop.abort();
    return { answers, network, again, endless: await endless,
             slept: await sleep(10000, stop.signal)
                 .catch((error) => error.name),
             keys: newKey() !== newKey() && newKey().length === 32 };
}

/* How often each path fails before it is answered. */
const FAILURES = { get: 2, post: 1, key: 1, busy: 0, poll: 2 };

async function serve(page, asked) {
    await page.route('**/test/*', async (route) => {
        const name = new URL(route.request().url()).pathname.slice(6);
        const before = asked.filter((each) => each.name === name).length;
        const json = (status, body) => route.fulfill({ status,
            contentType: status < 400 ? 'application/json'
                                      : 'application/problem+json',
            body: JSON.stringify(body) });

        asked.push({ name, key: route.request().headers()['idempotency-key'],
                     origin: route.request().headers()['civic-session'] });
        if (name === 'endless') {
            await new Promise((resolve) => { setTimeout(resolve, 100); });
            await json(200, {});
        } else if (name === 'html') {
            await route.fulfill({ status: 418, contentType: 'text/html',
                                  body: '<p>a proxy</p>' });
        } else if (name === 'busy' && before < 1) {
            await json(503, { code: 'overloaded', status: 503,
                              detail: 'busy', retry_after: 1 });
        } else if (before < FAILURES[name]) {
            await route.abort('internetdisconnected');
        } else {
            await json(200, { done: true, name });
        }
    });
}

browser(async ({ open, expected }) => {
    const page = await open('/web/');
    const asked = [];
    const count = (name) => asked.filter((each) => each.name === name);

    expected.push(/\/test\/busy: 503/);
    await serve(page, asked);

    const found = await page.evaluate(inPage);
    const done = (name) => ({ done: true, name });

    is(found.answers, [done('get'), 'no_answer', done('key'), done('busy'),
        'no_json', done('poll')], 'what each request came to');
    is(count('get').length, 3, 'a GET is repeated');
    is(count('post').length, 1, 'a POST without a key is not');
    is(count('key').length, 2, 'one with its key is');
    is(count('key')[0].key, count('key')[1].key, 'with the same key');
    is(count('busy').length, 2, 'and so is what was refused before it was done');
    is(found.network, [true, false], 'a poll tells once each way');
    is([found.again.slice(0, 3), found.again.slice(3)],
       [[true, true, true], [false, false, false]],
       'who shows a page is told of what is asked again, and of its end');
    is([found.endless, found.slept], ['AbortError', 'AbortError'],
       'and ends when it is told to');
    is(found.keys, true, 'no key comes twice');
});
