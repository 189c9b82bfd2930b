import type { Request } from 'express';
import { MINUTE, firstField, notFound, type Clock, type PersonPrincipal } from '../../kernel/index.js';
import type { Account } from '../../accounts/index.js';
import type { Arrival } from '../door.js';
import { refusePrefetch } from '../prefetch.js';
import { TOKEN_FIELD, checkOrigin, type FormTokens } from './form-tokens.js';
import { hideAddress } from './headers.js';
import { signInFirst } from './refusals.js';
import { personOf } from './sessions.js';

/** Anybody at a page, signed in or not. */
export interface Visitor {
  readonly person: Account | undefined;
}

/** Somebody signed in at a page. */
export interface Resident {
  readonly person: Account;
  readonly principal: PersonPrincipal;
}

/** An entry check: turns an arrival into a caller, or throws. */
export type Entry<Caller> = (arrival: Arrival) => Promise<Caller>;

/** How long a given password counts as recent (ADM-01). */
const RECENT = 15 * MINUTE;

/** The entry checks of the pages door. */
export interface Entries {
  readonly visitor: Entry<Visitor>;
  /** Signed in; anybody else is led to the sign-in page and back. */
  readonly resident: Entry<Resident>;
  /** An administrator; to anybody else the page does not exist. */
  readonly administrator: Entry<Resident>;
  /** Asks for the password again unless it was given within the last 15 minutes (ADM-01), then leads to `back`. */
  recent<Caller>(entry: Entry<Caller>, back?: string): Entry<Caller>;
  /** Adds what every form post must pass: our origin, and a token for `purpose` (WEB-01, WEB-02). */
  posted<Caller>(entry: Entry<Caller>, purpose?: string | ((arrival: Arrival) => string)): Entry<Caller>;
  /** Like {@link posted}, for streamed bodies: the handler checks the token when it meets it. */
  streamed<Caller>(entry: Entry<Caller>): Entry<Caller>;
  /** Pages whose address is a secret: told to nobody (PRO-15), and not opened before anybody clicked (WEB-11). */
  secret<Caller>(entry: Entry<Caller>): Entry<Caller>;
}

/** What entry checks need. */
export interface EntryInputs {
  readonly publicUrl: URL;
  readonly tokens: FormTokens;
  readonly clock: Clock;
}

/** The entry checks of the pages door. */
export function createEntries({ publicUrl, tokens, clock }: EntryInputs): Entries {
  const visitor: Entry<Visitor> = async ({ http }) => ({ person: personOf(http) });
  const resident: Entry<Resident> = async (arrival) => asResident((await visitor(arrival)).person);
  const administrator: Entry<Resident> = async (arrival) => {
    const found = await resident(arrival);
    if (!found.person.isAdmin) throw notFound();
    return found;
  };
  return {
    visitor,
    resident,
    administrator,
    recent: (entry, back) => async (arrival) => {
      const caller = await entry(arrival);
      if (!isRecent(arrival.http, clock)) throw signInFirst('/login/confirm', back);
      return caller;
    },
    posted:
      (entry, purpose = 'page') =>
      async (arrival) => {
        checkOrigin(arrival.http, publicUrl);
        const caller = await entry(arrival);
        const wanted = typeof purpose === 'string' ? purpose : purpose(arrival);
        tokens.check(arrival.http, wanted, firstField(arrival.form, TOKEN_FIELD));
        return caller;
      },
    streamed: (entry) => async (arrival) => {
      checkOrigin(arrival.http, publicUrl);
      return entry(arrival);
    },
    secret: (entry) => async (arrival) => {
      if (arrival.http.res !== undefined) hideAddress(arrival.http.res);
      refusePrefetch(arrival.http);
      return entry(arrival);
    },
  };
}

function asResident(person: Account | undefined): Resident {
  if (person === undefined) throw signInFirst('/login');
  return { person, principal: { kind: 'person', accountId: person.id } };
}

function isRecent(http: Request, clock: Clock): boolean {
  const at = http.session.passwordAt;
  return at !== undefined && clock.now() - at < RECENT;
}
