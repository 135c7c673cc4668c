// The page's own reader, in node: "code.mjs <paper-code.js as .mjs> <vectors>
// <seconds>" prints how many it verifies in a second.

import fs from 'node:fs';

const [path, file, seconds] = process.argv.slice(2);
const { judge, readKeys, readList } = await import(path);
const vectors = JSON.parse(fs.readFileSync(file));
const [one] = vectors.cases;
const keys = await readKeys(vectors.keys);
const list = await readList(keys, vectors.lists.fresh, one.at);
const begin = performance.now();
let n = 0;

while (performance.now() - begin < seconds * 1000) {
    if ((await judge(keys, list, one.text, one.at)).verdict !== 'ok') {
        throw new Error('not genuine');
    }
    n++;
}
console.log(Math.round(n * 1000 / (performance.now() - begin)));
