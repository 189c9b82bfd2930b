import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { parseDictionary } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { messageSignature, readSignature, signatureFits } from '../../src/http-signatures/index.js';
import { from, OCM, requestWith, RFC, verifierFor } from './support.js';

describe('RFC 9421, appendix B', () => {
  it.each(RFC.vectors.map((each) => [each.label, each] as const))(
    '%s: base and signature',
    (label, { alg, headers, base }) => {
      const request = requestWith({ ...RFC, headers }, { origin: RFC.origin });
      const inputs = parseDictionary(headers['signature-input'] ?? '');
      const found = messageSignature(label, inputs, request);
      expect(found.base).toBe(base);
      const key = createPublicKey(RFC.keys[alg]);
      expect(signatureFits(alg, key, found.base, found.octets)).toBe(true);
      expect(signatureFits(alg, key, `${found.base} `, found.octets)).toBe(false);
    },
  );

  it('sig-b26 comes out again, octet for octet, when its key signs its base', () => {
    const { base = '', headers = {} } = RFC.vectors.find(({ label }) => label === 'sig-b26') ?? {};
    const octets = sign(null, Buffer.from(base), createPrivateKey(RFC.keys['ed25519-private']));
    expect(headers['signature']).toBe(`sig-b26=:${octets.toString('base64')}:`);
  });

  it('none of them is a message of this protocol: they carry neither its tag nor its label', () => {
    for (const { headers } of RFC.vectors) {
      const request = requestWith({ ...RFC, headers }, { origin: RFC.origin });
      expect(readSignature(request)).toEqual({ kind: 'unsigned' });
    }
  });
});

describe('a request that another program signed', () => {
  it.each(OCM.vectors.map((each) => [each.name, each] as const))('is taken: %s', async (_name, vector) => {
    const { verifier } = await verifierFor(vector);
    const request = requestWith(vector);
    expect(readSignature(request)).toMatchObject({ kind: vector.kind, keyId: vector.keyId, base: vector.base });
    const signer = { scheme: vector.kind, host: 'alder.example', keyId: vector.keyId };
    expect(await verifier.verify(request, from('alder.example'))).toEqual(signer);
  });
});
