/**
 * One of the bare signed pair of the measurements: checks the OAuth signature of a request as little code can, and answers
 * `/NAME` with the file NAME of a folder (`FOLDER`), or signs it anew and passes it on (a port). Nonces stay in memory.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, createServer, request as send } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';

const where = process.argv[2];
const port = Number(where);
const KEYS = { oauth_consumer_key: 'bench', oauth_token: 'bench', oauth_signature_method: 'HMAC-SHA1' };
const SECRETS = 'secret-of-the-bench&secret-of-its-token';
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const seen = new Set();

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

function signatureOf(method, host, target, parameters) {
  const sorted = Object.keys(parameters).sort();
  const pairs = sorted.map((name) => `${encode(name)}=${encode(parameters[name])}`).join('&');
  const base = `${method}&${encode(`http://${host}${target}`)}&${encode(pairs)}`;
  return createHmac('sha1', SECRETS).update(base).digest('base64');
}

/** True once for each rightly signed request. */
function isRight({ method, url, headers }) {
  const fields = (headers.authorization ?? '').replace('OAuth ', '').split(', ');
  const { oauth_signature: received = '', ...parameters } = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf('=')),
      decodeURIComponent(field.slice(field.indexOf('"') + 1, -1)),
    ]),
  );
  const expected = signatureOf(method, headers.host, url, parameters);
  if (expected.length !== received.length || !timingSafeEqual(Buffer.from(expected), Buffer.from(received)))
    return false;
  const use = `${parameters.oauth_timestamp} ${parameters.oauth_nonce}`;
  if (seen.has(use)) return false;
  return seen.add(use) !== undefined;
}

function pass({ method, url }, response) {
  const stamp = {
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_nonce: randomBytes(16).toString('hex'),
  };
  const signed = { ...KEYS, ...stamp, oauth_version: '1.0' };
  signed.oauth_signature = signatureOf(method, `localhost:${port}`, url, signed);
  const fields = Object.entries(signed).map(([name, value]) => `${name}="${encode(value)}"`);
  const headers = { host: `localhost:${port}`, authorization: `OAuth ${fields.join(', ')}` };
  const upstream = send({ agent, host: 'localhost', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    pipeline(answer, response, () => undefined);
  });
  upstream.on('error', () => response.destroy()).end();
}

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, async (request, response) => {
  if (!isRight(request)) response.writeHead(401).end();
  else if (Number.isInteger(port)) pass(request, response);
  else {
    const bytes = await readFile(path.join(where, path.basename(request.url)));
    response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
  }
});
server.listen(0, 'localhost', () => process.stdout.write(`${server.address().port}\n`));
