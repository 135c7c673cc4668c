/*
 * sound.js - plays a data URI.  By Web Audio, so that the page's policy need
 * not allow media from data URIs.
 */

function bytesOf(uri) {
    const text = atob(uri.slice(uri.indexOf(',') + 1));

    return Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer;
}

/** One sound at a time; a new one ends the last. */
export function player() {
    let context = null;
    let source = null;

    return {
        /** @param {string} uri  a data URI of a WAV */
        async play(uri) {
            context = context || new AudioContext();
            await context.resume();
            source?.stop();
            source = context.createBufferSource();
            source.buffer = await context.decodeAudioData(bytesOf(uri));
            source.connect(context.destination);
            source.start();
        },
    };
}
