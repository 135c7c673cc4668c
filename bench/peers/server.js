// The peer in node: plain http and ioredis with its automatic pipelining.
// Checks a bearer session in Redis, then reads the user's profile.
//   node server.js <port> <redis port>
'use strict';

const http = require('http');
const Redis = require('ioredis');

const [port, redisPort] = process.argv.slice(2).map(Number);
const store = new Redis({
  host: '127.0.0.1', port: redisPort, enableAutoPipelining: true,
});

function send(res, status, value) {
  const body = Buffer.from(JSON.stringify(value));

  res.writeHead(status, {
    'Content-Type': 'application/json', 'Content-Length': body.length,
  });
  res.end(body);
}

async function profile(req, res) {
  const header = req.headers.authorization || '';
  if (!header.startsWith('Bearer ')) {
    return send(res, 401, { error: 'no token' });
  }

  const key = 'session:' + header.slice(7);
  const [uid, exp, scope] = await store.hmget(key, 'uid', 'exp', 'scope');
  if (uid === null || Number(exp) < Date.now() / 1000) {
    return send(res, 401, { error: 'no session' });
  }

  const fields = await store.hgetall('user:' + uid);
  return send(res, 200, { uid, scope, profile: fields });
}

http.createServer((req, res) => {
  profile(req, res).catch(() => send(res, 503, { error: 'no store' }));
}).listen(port, '127.0.0.1');
