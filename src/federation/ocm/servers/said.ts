import { createHash } from 'node:crypto';
import type { PublishedKey } from '../../../http-signatures/index.js';
import type { OcmSaid, ReadKey } from '../../../peers/index.js';
import type { OcmRecord } from '../discovery/record.js';
import { isOfReva, signingFor } from '../discovery/shape.js';

/** The parts of a record and of its set of keys by which administrators decide whether to trust a server. */
export function saidOf(record: OcmRecord, keySet: ReadKey): OcmSaid {
  const { provider, endPoint, version, apiVersion } = record;
  return {
    provider,
    endPoint,
    version: version ?? apiVersion,
    signing: signingFor(record),
    key: draftKeyOf(record),
    keySet,
    keepsList: isOfReva(record),
  };
}

/** Tells one key of the draft from another; undefined where there is none. */
export function draftKeyOf({ publicKey }: Pick<OcmRecord, 'publicKey'>): string | undefined {
  return publicKey && digestOf([`${publicKey.keyId}\n${publicKey.pem}`]);
}

/** Tells one set of keys from another, however it is ordered; undefined for one without a key that can be used. */
export function keySetOf(keys: readonly PublishedKey[]): string | undefined {
  const words = keys.map(({ keyId, key }) => `${keyId}\n${JSON.stringify(key.export({ format: 'jwk' }))}`);
  return words.length === 0 ? undefined : digestOf(words.sort());
}

function digestOf(words: readonly string[]): string {
  return createHash('sha256').update(words.join('\n')).digest('base64url');
}
