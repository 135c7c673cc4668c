/*
 * verify-worker.js - keeps verify.html and what it loads, so that it opens
 * without a network.  The network comes first, as for every page: what is kept
 * is what was loaded last.  Nothing of the API is kept here.
 */

const CACHE = 'civic-verify-1';
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

async function answer(request) {
    const cache = await caches.open(CACHE);

    try {
        const fresh = await fetch(request);

        if (fresh.ok) {
            await cache.put(new URL(request.url).pathname, fresh.clone());
        }
        return fresh;
    } catch (error) {
        const old = await cache.match(new URL(request.url).pathname);

        if (!old) {
            throw error;
        }
        return old;
    }
}

addEventListener('fetch', (event) => {
    const url = new URL(event.request.url);

    if (event.request.method === 'GET' && url.origin === location.origin
        && OURS.has(url.pathname))
    {
        event.respondWith(answer(event.request));
    }
});
