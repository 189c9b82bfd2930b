import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSignature, signCavage, signMessage, type OutgoingMessage } from '../../src/http-signatures/index.js';
import { from, NEXTCLOUD, OCM, privateKey, requestWith, SUPERSET, verifierFor, type Vector } from './support.js';

const NOW = OCM.now * 1_000 + 999;

function messageOf({ body, target }: Vector): OutgoingMessage {
  return { method: 'POST', url: new URL(target, OCM.origin), body: Buffer.from(body) };
}

describe('a message that we sign', () => {
  it('carries what all three generations of RFC 9421 look for, octet for octet', () => {
    const headers = signMessage(messageOf(SUPERSET), { keyId: SUPERSET.keyId, key: privateKey('ed25519') }, NOW);
    const { 'content-type': _type, ...expected } = SUPERSET.headers;
    expect(headers).toEqual(expected);
  });

  it('is to Nextcloud what Nextcloud sends itself, octet for octet', () => {
    const headers = signCavage(messageOf(NEXTCLOUD), { keyId: NEXTCLOUD.keyId, key: privateKey('rsa') }, NOW);
    const { 'content-type': _type, host: _host, ...expected } = NEXTCLOUD.headers;
    expect(headers).toEqual(expected);
  });

  it('is taken by our own verifier, with a port, a query and an empty body', async () => {
    const { verifier } = await verifierFor(SUPERSET);
    const url = new URL('https://birch.example:8443/ocm/shares?a=b%20c');
    const message = { method: 'POST', url, body: Buffer.alloc(0) };
    const headers = signMessage(message, { keyId: SUPERSET.keyId, key: privateKey('ed25519') }, NOW);
    const request = requestWith({ headers, target: '/ocm/shares?a=b%20c', body: '' }, { origin: url.origin });
    expect(await verifier.verify(request, from('alder.example'))).toMatchObject({ host: 'alder.example' });
  });

  it('does not leave by the draft with a query, which would stand outside the signature', () => {
    const message = { ...messageOf(NEXTCLOUD), url: new URL('https://birch.example/ocm/shares?a=b') };
    const sending = (): unknown => signCavage(message, { keyId: NEXTCLOUD.keyId, key: privateKey('rsa') }, NOW);
    expect(sending).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it.each([
    ['a key of another kind', SUPERSET.keyId, privateKey('rsa')],
    ['a public key', SUPERSET.keyId, generateKeyPairSync('ed25519').publicKey],
    ['no id', '', privateKey('ed25519')],
    ['an id with a quote', 'alder.example#"', privateKey('ed25519')],
    ['an id with a comma', 'alder.example#a,b', privateKey('ed25519')],
  ])('is not signed with %s', (_what, keyId, key) => {
    const sending = (): unknown => signMessage(messageOf(SUPERSET), { keyId, key }, NOW);
    expect(sending).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('says the same of itself when it is read again', () => {
    const headers = signMessage(messageOf(SUPERSET), { keyId: SUPERSET.keyId, key: privateKey('ed25519') }, NOW);
    const read = readSignature(requestWith({ ...SUPERSET, headers }));
    expect(read).toMatchObject({
      kind: 'rfc9421',
      keyId: SUPERSET.keyId,
      algorithm: 'ed25519',
      signedAt: OCM.now * 1_000,
    });
  });
});
