import { readFileSync } from 'node:fs';
import type { MessageBody } from '../../../src/federation/index.js';
import {
  OcmRefusal,
  readDiscovery,
  readShare,
  type OcmRecord,
  type ReceivedShare,
} from '../../../src/federation/ocm/index.js';

/** The makes of servers, by the names of their fixtures. */
export const PROFILES = [
  'nc29',
  'nc32',
  'nc34',
  'oc10',
  'ocis',
  'opencloud',
  'cernbox',
  'seafile',
  'opencloudmesh-go',
] as const;

/** One of {@link PROFILES}. */
export type Profile = (typeof PROFILES)[number];

/** What a server says and sends, written anew after what was seen. */
interface Fixture {
  readonly base: string;
  readonly discovery: Readonly<Record<string, unknown>>;
  readonly share: Readonly<Record<string, unknown>>;
  /** Null for servers that send none. */
  readonly notification: Readonly<Record<string, unknown>> | null;
}

export function profile(name: Profile): Fixture {
  return JSON.parse(readFileSync(new URL(`../../fixtures/ocm/${name}.json`, import.meta.url), 'utf8')) as Fixture;
}

export function recordOf(name: Profile, change: object = {}): OcmRecord {
  const { discovery, base } = profile(name);
  return readDiscovery({ ...discovery, ...change }, base);
}

export function json(body: unknown): MessageBody {
  return { type: 'application/json', text: JSON.stringify(body) };
}

/** A share as a server sends it, with some fields changed; undefined takes one away. */
export function shareOf(name: Profile, change: object = {}): ReceivedShare {
  return readShare(json({ ...profile(name).share, ...change }));
}

/** What is wrong with a message, each as `field: word`. */
export function problemsIn(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof OcmRefusal) return error.problems.map(({ name, message }) => `${name}: ${message}`);
    throw error;
  }
  return [];
}
