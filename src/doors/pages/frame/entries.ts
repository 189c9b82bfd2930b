import type { Request } from 'express';
import { MINUTE, firstField, notFound, type Clock, type Fields, type PersonPrincipal } from '../../../kernel/index.js';
import type { Account } from '../../../accounts/index.js';
import type { Arrival, Enter } from '../../door/door.js';
import { refusePrefetch } from '../../door/prefetch.js';
import { TOKEN_FIELD, checkOriginHeader, type FormTokens } from './form-tokens.js';
import { hideAddress } from './headers/headers.js';
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

/** What an entry check requires, as data, from which specs derive rules about all pages (WEB-01, ADM-01). */
export interface EntryRule {
  readonly who: 'visitor' | 'resident' | 'administrator';
  /** The password was given within the last ten minutes. */
  readonly isRecent?: boolean;
  /** The address is secret: it is not sent as a referrer, and prefetching it is refused. */
  readonly isSecret?: boolean;
  /** The form has a token of ours; `unless` says who is accepted without one, and why. */
  readonly token?: { readonly isStreamed: boolean; readonly unless: string | undefined };
}

/** An entry check: turns an arrival into a caller, or throws. It is made together with the data that describe it. */
export interface EntryCheck<Caller> extends Enter<Caller> {
  readonly asks: EntryRule;
}

/** Makes an entry check of what it asks and what it does. */
export function entryOf<Caller>(asks: EntryRule, check: (arrival: Arrival) => Promise<Caller>): EntryCheck<Caller> {
  return Object.assign((arrival: Arrival) => check(arrival), { asks });
}

/** What the token of a form is checked for. */
export interface TokenRule {
  /** What the form is for: `page`, or what binds a decision to what was shown (WEB-02). */
  readonly purpose: string | ((arrival: Arrival) => string);
  /** Where the fields are, when the row does not read a form. */
  readonly fields?: (arrival: Arrival) => Fields;
  /** Who is accepted without a form of ours, and why that is safe. */
  readonly unless?: { readonly why: string; readonly is: (arrival: Arrival) => boolean };
}

/** How long a given password counts as recent (ADM-01, AUT-12). */
const RECENT = 10 * MINUTE;

/** The entry checks of the pages door. */
export interface Entries {
  readonly visitor: EntryCheck<Visitor>;
  /** Signed in; anybody else is led to the sign-in page and back. */
  readonly resident: EntryCheck<Resident>;
  /** An administrator; to anybody else the page does not exist. */
  readonly administrator: EntryCheck<Resident>;
  /**
   * Asks for the password again unless it was given within the last ten minutes (ADM-01, AUT-12), then leads back, to `back` if it
   * cannot be told where somebody was.
   */
  recent<Caller>(entry: EntryCheck<Caller>, back?: string): EntryCheck<Caller>;
  /** Adds what every form post must pass: our origin, and a token for the purpose, `page` if none is named (WEB-01, WEB-02). */
  posted<Caller>(entry: EntryCheck<Caller>, rule?: TokenRule): EntryCheck<Caller>;
  /** Like {@link posted}, for streamed bodies: the handler checks the token when it meets it. */
  streamed<Caller>(entry: EntryCheck<Caller>): EntryCheck<Caller>;
  /** True while the password that was given last still counts as recent. */
  isRecent(http: Request): boolean;
  /**
   * For pages whose address is a secret: it is not sent as a referrer (PRO-15), and prefetching it is refused (WEB-11).
   */
  secret<Caller>(entry: EntryCheck<Caller>): EntryCheck<Caller>;
}

/** What entry checks need. */
export interface EntryInputs {
  readonly publicUrl: URL;
  readonly tokens: FormTokens;
  readonly clock: Clock;
}

/** The entry checks of the pages door. */
export function createEntries({ publicUrl, tokens, clock }: EntryInputs): Entries {
  return {
    ...createCallers(),
    isRecent: (http) => isRecent(http, clock),
    recent: (entry, back) =>
      entryOf({ ...entry.asks, isRecent: true }, async (arrival) => {
        const caller = await entry(arrival);
        if (!isRecent(arrival.http, clock)) throw signInFirst('/login/confirm', back);
        return caller;
      }),
    posted: (entry, rule = ANY_PAGE) =>
      entryOf({ ...entry.asks, token: { isStreamed: false, unless: rule.unless?.why } }, async (arrival) => {
        if (rule.unless?.is(arrival) === true) return entry(arrival);
        checkOriginHeader(arrival.http, publicUrl);
        const caller = await entry(arrival);
        checkToken(tokens, rule, arrival);
        return caller;
      }),
    streamed: (entry) =>
      entryOf({ ...entry.asks, token: { isStreamed: true, unless: undefined } }, async (arrival) => {
        checkOriginHeader(arrival.http, publicUrl);
        return entry(arrival);
      }),
    secret: (entry) =>
      entryOf({ ...entry.asks, isSecret: true }, async (arrival) => {
        if (arrival.http.res !== undefined) hideAddress(arrival.http.res);
        refusePrefetch(arrival.http);
        return entry(arrival);
      }),
  };
}

/** The entry checks that say who comes in. */
function createCallers(): Pick<Entries, 'visitor' | 'resident' | 'administrator'> {
  const visitor = entryOf<Visitor>({ who: 'visitor' }, async ({ http }) => ({ person: personOf(http) }));
  const resident = entryOf<Resident>({ who: 'resident' }, async (arrival) =>
    asResident((await visitor(arrival)).person),
  );
  const administrator = entryOf<Resident>({ who: 'administrator' }, async (arrival) => {
    const found = await resident(arrival);
    if (!found.person.isAdmin) throw notFound();
    return found;
  });
  return { visitor, resident, administrator };
}

const ANY_PAGE: TokenRule = { purpose: 'page' };

function checkToken(tokens: FormTokens, { purpose, fields }: TokenRule, arrival: Arrival): void {
  const wanted = typeof purpose === 'string' ? purpose : purpose(arrival);
  tokens.check(arrival.http, wanted, firstField(fields?.(arrival) ?? arrival.form, TOKEN_FIELD));
}

function asResident(person: Account | undefined): Resident {
  if (person === undefined) throw signInFirst('/login');
  return { person, principal: { kind: 'person', accountId: person.id } };
}

function isRecent(http: Request, clock: Clock): boolean {
  const at = http.session.passwordAt;
  return at !== undefined && clock.now() - at < RECENT;
}
