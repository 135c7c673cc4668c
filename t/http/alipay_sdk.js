// Alipay's official SDK as a client, for alipay_sdk.t: reads a line of JSON,
// does what it says, writes a line of JSON.
//
//     {"method": ..., "params": {...}}      exec(): {"result"} or {"error"}
//     {"page": ..., "params": {...}}        a signed URL: {"url"}
//     {"form": ..., "params": {...}}        a signed form's HTML: {"html"}
//     {"notification": "a=b&c=d"}           genuine or not: {"genuine"}
//
// Of encrypted answers this SDK (4.14.0) looks for the signed text between
// braces, where there are none: "unverified" lets it only decrypt them.
'use strict';

const readline = require('node:readline');
const { AlipaySdk } = require('alipay-sdk');

const sdk = new AlipaySdk({ ...JSON.parse(process.argv[2]), keyType: 'PKCS8' });

async function answer(line) {
    const { method, page, form, notification, params, unverified } =
        JSON.parse(line);

    if (page !== undefined) {
        return { url: sdk.pageExecute(page, 'GET', params) };
    }
    if (form !== undefined) {
        return { html: sdk.pageExecute(form, 'POST', params) };
    }
    if (notification !== undefined) {
        return { genuine: sdk.checkNotifySignV2(
            Object.fromEntries(new URLSearchParams(notification))) };
    }
    return { result: await sdk.exec(method, params,
        { validateSign: !unverified }) };
}

async function main() {
    for await (const line of readline.createInterface(process.stdin)) {
        const said = await answer(line).catch(
            (error) => ({ error: String(error.message) }));

        process.stdout.write(JSON.stringify(said) + '\n');
    }
}

main();
