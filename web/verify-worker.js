/*
 * verify-worker.js - keeps verify.html and what it loads, so that it opens
 * without a network.  The network comes first, as for every page: what is kept
 * is what was loaded last.  Nothing of the API is kept here.
 */

const CACHE = 'civic-verify-1';
const PATIENCE = 4000;          // ms
const FILES = ['verify.html', 'css/civic.css', 'css/verify.css',
    'js/verify.js', 'js/paper-code.js', 'js/scanner.js', 'js/page.js',
    'js/dom.js', 'js/api.js', 'js/typed.js', 'config.json'];
const OURS = new Set(FILES.map((file) => new URL(file, location).pathname));

addEventListener('install', (event) => {
    event.waitUntil(caches.open(CACHE)
        .then((cache) => cache.addAll(FILES))
        .then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
    event.waitUntil(clients.claim());
});

/* The network, which is kept for the next time. */
async function ask(cache, request) {
    const fresh = await fetch(request);

    if (fresh.ok) {
        await cache.put(new URL(request.url).pathname, fresh.clone());
    }
    return fresh;
}

/* A network that says nothing, or has only an error, is none. */
async function answer(request) {
    const cache = await caches.open(CACHE);
    const old = await cache.match(new URL(request.url).pathname);

    if (!old) {
        return ask(cache, request);
    }
    return Promise.race([
        ask(cache, request).then((fresh) => fresh.status < 500 ? fresh : old,
                                 () => old),
        new Promise((resolve) => { setTimeout(resolve, PATIENCE, old); })]);
}

addEventListener('fetch', (event) => {
    const url = new URL(event.request.url);

    if (event.request.method === 'GET' && url.origin === location.origin
        && OURS.has(url.pathname))
    {
        event.respondWith(answer(event.request));
    }
});
