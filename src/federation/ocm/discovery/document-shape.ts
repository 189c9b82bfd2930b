import { z } from 'zod';
import { keepLabel } from '../../../kernel/index.js';
import { optional, word } from '../wording/fields.js';
import type { OcmProtocols, OcmResourceType } from './record.js';

/** Most entries of any list in a document. */
const MOST = 50;
const LONGEST_URL = 2_048;

/** Older words → those of the newest text (open-cloud-mesh.md 3.2). */
const CAPABILITIES: ReadonlyMap<string, string> = new Map([
  ['invite-accepted', 'invites'],
  ['mfa-capable', 'enforce-mfa'],
]);
const CRITERIA: ReadonlyMap<string, string> = new Map([
  ['http-request-signatures', 'must-use-http-sig'],
  ['token-exchange', 'must-exchange-token'],
  ['invite', 'must-invite'],
]);

/** A list of words. Anything but a list counts as empty, and entries that are not words are left out. */
const words = z
  .array(z.unknown())
  .catch([])
  .transform((entries) => entries.slice(0, MOST).flatMap((entry) => word.safeParse(entry).data ?? []));

const wordsBy = (known: ReadonlyMap<string, string>) =>
  words.transform((entries) => [...new Set(entries.map((entry) => renamed(known, entry)))]);

function renamed(known: ReadonlyMap<string, string>, entry: string): string {
  const plain = entry.toLowerCase().replace(/^\//, '');
  return known.get(plain) ?? plain;
}

const receiver = z.object({ uri: z.enum(['absolute', 'relative']) });

/** Protocols of any type by their names: PHP writes an empty list for none. */
const protocols = z
  .record(z.string().max(100), z.unknown())
  .catch({})
  .transform((all): OcmProtocols => ({
    webdav: z.string().max(LONGEST_URL).safeParse(all['webdav']).data,
    webdavReceive: receiver.safeParse(all['webdav-receive']).data?.uri,
    names: Object.keys(all).slice(0, MOST),
  }));

const resourceType = z
  .object({
    name: word,
    shareTypes: words,
    protocols: protocols.default({ webdav: undefined, webdavReceive: undefined, names: [] }),
  })
  .transform((entry): OcmResourceType => ({
    ...entry,
    shareTypes: entry.shareTypes.length === 0 ? ['user'] : entry.shareTypes,
  }));

/** The entries of a list that can be read; others are left out. */
const entries = z.array(z.unknown()).transform((all) =>
  all.slice(0, MOST).flatMap((entry): OcmResourceType[] => {
    const { data } = resourceType.safeParse(entry);
    return data === undefined ? [] : [data];
  }),
);

/** One entry alone, or entries by their names (Seafile). */
const entriesOfObject = z
  .record(z.string().max(100), z.unknown())
  .transform((all): unknown[] => (typeof all['name'] === 'string' ? [all] : named(all)))
  .pipe(entries);

function named(all: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(all).flatMap(([name, entry]) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? [{ ...entry, name }] : [],
  );
}

const url = z.string().max(LONGEST_URL);

/** A public key as Nextcloud writes it; in older texts `keyId` is called `id`. */
const publicKey = z
  .object({
    keyId: z.string().optional(),
    id: z.string().optional(),
    publicKeyPem: z
      .string()
      .min(1)
      .max(LONGEST_URL * 2),
  })
  .transform(({ keyId, id, publicKeyPem: pem }) => ({ keyId: keyId ?? id ?? '', pem }))
  .refine(({ keyId }) => keyId !== '' && keyId.length <= LONGEST_URL);

/** A discovery document of any generation. What we do not need and cannot read counts as absent (open-cloud-mesh.md 3.2). */
export const documentShape = z.object({
  enabled: z.unknown().optional(),
  apiVersion: optional(z.string().max(100)).catch(undefined),
  version: optional(z.string().max(100)).catch(undefined),
  provider: z
    .string()
    .max(LONGEST_URL)
    .transform((name) => keepLabel(name) || undefined)
    .optional()
    .catch(undefined),
  endPoint: optional(url).catch(undefined),
  resourceTypes: z.unknown().optional(),
  shareTypes: z.unknown().optional(),
  capabilities: wordsBy(CAPABILITIES),
  criteria: wordsBy(CRITERIA),
  tokenEndPoint: optional(url).catch(undefined),
  jwksUri: optional(url).catch(undefined),
  inviteAcceptDialog: optional(url).catch(undefined),
  publicKey: optional(publicKey).catch(undefined),
});

/** A document as read; its addresses have not been judged yet. */
export type ReadDocument = z.infer<typeof documentShape>;

/** The kinds of resources, and the form in which they are written. */
export function resourcesOf({ resourceTypes, shareTypes }: Pick<ReadDocument, 'resourceTypes' | 'shareTypes'>): {
  readonly form: 'list' | 'object' | 'share-types';
  readonly resourceTypes: readonly OcmResourceType[];
} {
  if (Array.isArray(resourceTypes)) return { form: 'list', resourceTypes: entries.parse(resourceTypes) };
  const object = entriesOfObject.safeParse(resourceTypes).data;
  if (object !== undefined) return { form: 'object', resourceTypes: object };
  const older = entries.safeParse(shareTypes).data;
  return older === undefined ? { form: 'list', resourceTypes: [] } : { form: 'share-types', resourceTypes: older };
}
