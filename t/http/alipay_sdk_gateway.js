// Alipay's official SDK as a gateway, for alipay_sdk_gateway.t: what it
// verifies, encrypts and signs, it does with the SDK's own code.  An HTTP
// server on 127.0.0.1; each answer says what was read:
//
//     POST /gateway.do    a call; the answer repeats business and parameters
//     POST /changed/<n>   plans: the n-th byte of the next call changes on
//                         its way here
//     POST /answer/<n>    plans: the n-th byte of the next node changes on
//                         its way back
//     POST /notification  a notification of the JSON that is posted, signed

'use strict';

const http = require('node:http');
const path = require('node:path');
const { AlipaySdk } = require('alipay-sdk');
const util = require(path.join(path.dirname(require.resolve('alipay-sdk')),
    'util.js'));

const config = JSON.parse(process.argv[2]);

// Of a gateway the other side is the app: its public key stands in the place
// of Alipay's.
const common = { appId: config.appId, keyType: 'PKCS8',
    privateKey: config.gatewayPrivateKey, encryptKey: config.encryptKey };
const gateway = new AlipaySdk({ ...common,
    alipayPublicKey: config.appPublicKey });
const client = new AlipaySdk({ ...common,
    alipayPublicKey: config.gatewayPublicKey });
const plans = {};

// Another byte, also of a digit or an escape's: letters and digits only.
function changed(text, at) {
    const i = at % text.length;
    const bytes = Buffer.from(text);

    bytes[i] = bytes[i] === 0x41 ? 0x42 : 0x41;
    return bytes.toString();
}

function taken(name) {
    const at = plans[name];

    delete plans[name];
    return at;
}

function parameters(url, body) {
    const all = new URLSearchParams(url.search);

    new URLSearchParams(body).forEach((value, name) => all.append(name, value));
    return Object.fromEntries(all);
}

function node(params) {
    const sealed = params.encrypt_type === 'AES';
    let business = params.biz_content;

    if (!gateway.checkNotifySignV2(params)) {
        return JSON.stringify({ code: '40002', msg: 'Invalid Arguments',
            sub_code: 'isv.invalid-signature', sub_msg: '验签出错' });
    }
    if (sealed) {
        business = gateway.aesDecrypt(business);
    }
    const said = JSON.stringify({ code: '10000', msg: 'Success',
        business: JSON.parse(business || '{}'),
        names: Object.keys(params).sort(), auth_token: params.auth_token });

    return sealed ? JSON.stringify(util.aesEncryptText(said,
        config.encryptKey)) : said;
}

function answer(params) {
    const text = node(params);
    const name = (params.method || 'error').replaceAll('.', '_') + '_response';
    const sign = util.signatureV3(text, config.gatewayPrivateKey);
    const at = taken('answer');

    return `{"${name}":${at === undefined ? text : changed(text, at)},`
        + `"sign":"${sign}"}`;
}

function notification(params) {
    const text = Object.keys(params).sort()
        .map((name) => `${name}=${params[name]}`).join('&');
    const all = { ...params, sign_type: 'RSA2',
        sign: util.signatureV3(text, config.gatewayPrivateKey) };

    if (!client.checkNotifySignV2(all)) {
        throw new Error('the SDK does not take its own notification');
    }
    return new URLSearchParams(all).toString();
}

function serve(request, body) {
    const url = new URL(request.url, 'http://127.0.0.1');
    const [, what, number] = url.pathname.split('/');
    const at = what === 'gateway.do' ? taken('changed') : undefined;

    if (what === 'changed' || what === 'answer') {
        plans[what] = Number(number);
        return '{}';
    }
    if (what === 'notification') {
        return notification(JSON.parse(body));
    }
    return answer(parameters(url, at === undefined ? body
        : changed(body, at)));
}

http.createServer((request, response) => {
    const pieces = [];

    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
        try {
            response.end(serve(request, Buffer.concat(pieces).toString()));
        } catch (error) {
            response.statusCode = 400;
            response.end(String(error.stack));
        }
    });
}).listen(config.port, '127.0.0.1');
