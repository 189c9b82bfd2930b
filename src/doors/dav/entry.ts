import type { Request } from 'express';
import { Failure, notFound, type PersonPrincipal } from '../../kernel/index.js';
import { namePeer, namePerson } from '../callers/askers.js';
import { lookUpSecret } from '../callers/guesses.js';
import type { Enter } from '../door/door.js';
import { readCredentials, type Credentials } from './credentials.js';
import { OWN_ROOT, shareAddressOf, type ShareAddress } from './roots.js';
import type { DavCaller, DavInputs, Owner } from './world/index.js';

/** What {@link createEntry} needs. */
type DavEntryInputs = Pick<DavInputs, 'passwords' | 'isSecure' | 'person'> & SecretInputs;

type SecretInputs = Pick<DavInputs, 'openSecret' | 'cloudOf' | 'remember' | 'limiter' | 'tagOf'>;

/**
 * Finds out who asks. HTTP Basic (RFC 7617) with a password for apps means its person; the secret of a share, at an
 * address where secrets are taken, means the grant of that share (open-cloud-mesh.md 8). The account's own password
 * opens nothing here, and cookies are not looked at (threat model WEB-12). Over plain http passwords are refused
 * without a challenge, as `forbidden` (ACC-03), and secrets as `unavailable`, because other clouds give a folder up for
 * ever after a 403. Throws `unauthenticated`, always alike, for what proves nothing; `not-found` when the address names
 * another share than the one of the secret; `too-many` after too many wrong secrets from one place (ACC-02).
 */
export function createEntry(inputs: DavEntryInputs): Enter<DavCaller> {
  return async ({ http }) => {
    const credentials = readCredentials(http);
    const address = shareAddressOf(http);
    const isSecret = credentials?.kind === 'secret' && address !== undefined;
    if (!inputs.isSecure(http)) throw inTheClear(isSecret);
    if (isSecret) return byGrant(inputs, http, { ...address, secret: credentials.secret });
    // No password opens anything at `/public.php/webdav`; below `/dav/ocm/` it opens the person's own folder `ocm`.
    if (credentials === undefined || (address !== undefined && address.shareId === undefined)) throw stranger();
    return byPerson(inputs, http, credentials);
  };
}

/**
 * Finds out who asks for the state of long work: whoever may come in at one of the roots, since a secret of a share asks for
 * what it has begun, and a person likewise.
 */
export function createStateEntry(inputs: DavEntryInputs): Enter<DavCaller> {
  return async ({ http }) => {
    const credentials = readCredentials(http);
    const isSecret = credentials?.kind === 'secret';
    if (!inputs.isSecure(http)) throw inTheClear(isSecret);
    if (credentials === undefined) throw stranger();
    if (!isSecret) return byPerson(inputs, http, credentials);
    return byGrant(inputs, http, { path: http.path, shareId: undefined, secret: credentials.secret });
  };
}

async function byPerson(
  { passwords, person }: DavEntryInputs,
  http: Request,
  credentials: Credentials,
): Promise<DavCaller> {
  if (credentials.kind !== 'password') throw stranger();
  const { user, password } = credentials;
  const key = await passwords.prove({ user, password, address: http.ip ?? '' });
  if (key === undefined) throw stranger();
  passwords.touch(key);
  const { accountId, id } = key;
  namePerson(http, accountId);
  const holder = async (): Promise<Owner> => {
    const found = await person(accountId);
    if (found === undefined) throw stranger();
    return found;
  };
  const principal: PersonPrincipal = { kind: 'person', accountId, access: { kind: 'password', id } };
  return { principal, root: OWN_ROOT, holder };
}

/** Longest secret that is looked up, characters. */
const LONGEST = 512;

/**
 * The caller for a share's secret: its grant, seen through the address that is asked. Throws `unauthenticated` for a
 * secret that opens nothing, or no longer does, and `not-found` for another share's address.
 */
export async function byGrant(
  { openSecret, cloudOf, remember, limiter, tagOf }: SecretInputs,
  http: Request,
  { path, shareId, secret }: ShareAddress & { readonly secret: string },
): Promise<DavCaller> {
  const opened = await lookUpSecret(limiter, http, () =>
    secret.length > LONGEST ? Promise.resolve(undefined) : remember(`share:${tagOf(secret)}`, () => openSecret(secret)),
  );
  if (opened === undefined) throw stranger();
  const { principal } = opened;
  namePeer(http, opened.peerId);
  if (shareId !== undefined && shareId !== opened.shareId) throw notFound();
  const holder = async (): Promise<Owner> => ({ name: (await cloudOf(principal)) ?? 'Another cloud', email: '' });
  return { principal, root: { path, topId: principal.folderId, takesDots: true }, holder };
}

function inTheClear(isSecret: boolean): Failure {
  const code = isSecret ? 'unavailable' : 'forbidden';
  return new Failure(code, 'Come over https: this would send the password in the clear.');
}

function stranger(): Failure {
  return new Failure('unauthenticated', 'Sign in with your address and a password for apps.');
}
