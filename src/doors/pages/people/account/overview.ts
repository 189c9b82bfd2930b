import type { Request, Response } from 'express';
import { statusOf, type Email, type Failure, type Fields } from '../../../../kernel/index.js';
import { LETTER_KINDS, type LetterKind } from '../../../../mail/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { form, type FieldReaders } from '../../frame/form.js';
import type { PageKit } from '../../frame/kit.js';
import type { ConnectedApp, PageServices } from '../../frame/services.js';
import { timeWords } from '../../frame/words.js';
import { LETTER_WORDS } from '../letter-words.js';

declare module '../../frame/templates.js' {
  interface Views {
    'account/overview': {
      readonly name: string;
      readonly email: Email;
      readonly addresses: readonly { readonly email: Email; readonly isPrimary: boolean; readonly isProven: boolean }[];
      readonly isRecent: boolean;
      readonly letters: readonly { readonly kind: LetterKind; readonly words: string; readonly isWanted: boolean }[];
      readonly apps: readonly ReturnType<typeof keyModel>[];
      readonly passwords: readonly ReturnType<typeof keyModel>[];
      /** Where programs that speak WebDAV find the files. */
      readonly davAddress: string;
      /** Whether that is over TLS, without which Windows sends no password. */
      readonly isSecure: boolean;
    };
  }
}

/** What the account page and its forms call. */
export type AccountPageServices = Pick<
  PageServices,
  'passwords' | 'addresses' | 'apps' | 'appPasswords' | 'letterWishes'
>;

/** The page itself. */
export function overviewRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/account',
    summary: 'Addresses, password and connected apps of whoever is signed in.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ http, caller }, response) => showAccount(kit, services, { http, response, caller }),
  });
}

/** Somebody at the account page. */
export interface AccountVisit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Resident;
}

/** Shows the page; with a failure, the reason why a form was not taken. */
export async function showAccount(
  kit: PageKit,
  services: AccountPageServices,
  visit: AccountVisit,
  failure?: Failure,
): Promise<void> {
  const { http, response, caller } = visit;
  const { id, name, email: own } = caller.person;
  const [addresses, connected, passwords, wanted] = await Promise.all([
    services.addresses.list(id),
    services.apps.list(id),
    services.appPasswords.list(id),
    services.letterWishes.wantedBy(id),
  ]);
  const model = {
    name,
    email: own,
    addresses: addresses.map(({ email, isPrimary, provenAt }) => ({
      email,
      isPrimary,
      isProven: provenAt !== undefined,
    })),
    isRecent: kit.entries.isRecent(http),
    letters: LETTER_KINDS.map((kind) => ({ kind, words: LETTER_WORDS[kind], isWanted: wanted.includes(kind) })),
    apps: connected.map(keyModel),
    passwords: passwords.map(keyModel),
    davAddress: davAddressOf(kit),
    isSecure: kit.publicUrl.protocol === 'https:',
  };
  kit.show(http, response, caller.person, {
    template: 'account/overview',
    title: 'Account',
    section: 'account',
    model,
    ...(failure && { status: statusOf(failure.code), notice: { kind: 'trouble', text: failure.message } }),
  });
}

/** The address that programs that speak WebDAV are given. */
export function davAddressOf({ publicUrl }: Pick<PageKit, 'publicUrl'>): string {
  return new URL('/dav/', publicUrl).href;
}

/** What opens the files of a person, an app or an app password, as the page lists it. */
function keyModel({ id, name, createdAt, lastUsedAt }: ConnectedApp) {
  return {
    id,
    name,
    since: timeWords(createdAt),
    lastUsed: lastUsedAt === undefined ? undefined : timeWords(lastUsedAt),
  };
}

/** A form of the account page: does something, then shows the page again with what came of it. */
export function accountForm<Typed>(
  kit: PageKit,
  services: AccountPageServices,
  {
    act,
    isTouchy = false,
    ...parts
  }: {
    readonly path: string;
    readonly summary: string;
    /** It changes who may come in, so it takes the password of the last ten minutes (F-65). */
    readonly isTouchy?: boolean;
    readonly fields?: FieldReaders<Typed>;
    readonly read?: (sent: Fields) => Typed;
    /** Answers what to say, and where if not on the account page. */
    readonly act: (typed: Typed, request: DoorRequest<Resident>) => Promise<{ target?: string; done: string }>;
  },
): AnyRow {
  return form(kit, {
    ...parts,
    from: kit.entries.resident,
    ...(isTouchy && { recent: '/account' }),
    act: async (typed, { request }) => {
      const { target = '/account', done } = await act(typed, request);
      return { to: target, say: done };
    },
    again: ({ request, response }, failure) =>
      showAccount(kit, services, { http: request.http, response, caller: request.caller }, failure),
  });
}
