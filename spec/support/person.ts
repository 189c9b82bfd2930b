import { openPlainBrowser, type BrowserOptions, type PlainBrowser, type SubmitOptions } from './plain-browser.js';
import { personFiles, type PersonFiles } from './person-files.js';
import type { Entered } from './web-form.js';
import { describePage, formOn, type FormChoice, type Page } from './web-page.js';

export type { ListedItem, PersonFiles, ReadFile } from './person-files.js';
export { describePage, type Page } from './web-page.js';

/** Who somebody is. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** What an owner enters into the share dialog. */
export interface Offer {
  readonly addresses: string | readonly string[];
  readonly permission?: 'read-only' | 'read-write';
  readonly comment?: string;
  /** The last day, `YYYY-MM-DD`. */
  readonly expires?: string;
}

/** How a proposal is answered. */
export type AnswerOptions = Pick<SubmitOptions, 'follow'>;

/**
 * A person with a browser, by plain HTTP: everything goes through pages and their forms, as people do it. Each step
 * answers the page that is then shown, refusals included; it throws only when the page has no such link, form or field.
 */
export interface Person extends Identity {
  readonly browser: PlainBrowser;
  readonly files: PersonFiles;
  /** The page that is open. */
  readonly page: Page;
  visit(url: string | URL): Promise<Page>;
  submit(form: FormChoice, values?: Readonly<Record<string, Entered>>, options?: SubmitOptions): Promise<Page>;
  /** Signs in at a cloud, which is home from then on; without one, at the sign-in page that is open. */
  signIn(cloudUrl?: string | URL): Promise<Page>;
  signOut(): Promise<Page>;
  /** Opens the share dialog of one's own folder and sends it. */
  share(folder: string, offer: Offer): Promise<Page>;
  /** Opens the share dialog: who can open the folder, and how invitations stand. */
  members(folder: string): Promise<Page>;
  /** Takes a folder back from somebody who can open it, or an invitation that is under way. */
  unshare(folder: string, address: string): Promise<Page>;
  openInvitation(link: string | URL): Promise<Page>;
  /** Picks a cloud by name on the selection page that is open; stops at the other cloud's page. */
  chooseCloud(name: string): Promise<Page>;
  /** Answers the proposal that is open; ends at the page of the owner's cloud. */
  accept(options?: AnswerOptions): Promise<Page>;
  decline(options?: AnswerOptions): Promise<Page>;
  /** Leaves a folder that somebody shared. */
  leave(folder: string): Promise<Page>;
  /** Opens the list of shares. */
  shares(): Promise<Page>;
}

/** The selection page of an invitation. */
const INVITATION = /^\/invitations\/[^/]+$/;
/** B's consent page. */
const PROPOSAL = /^\/interop\/proposals\/[^/]+$/;

/** A person who has just opened a browser without cookies. */
export function createPerson(identity: Identity, options: BrowserOptions = {}): Person {
  const browser = openPlainBrowser(options);
  let home: URL | undefined;
  const homeUrl = (): URL => {
    if (home === undefined) throw new Error(`${identity.name} has not signed in anywhere yet`);
    return home;
  };
  const at = (path: string): URL => new URL(path, homeUrl());
  const files = personFiles(browser, homeUrl);
  const dialog = async (folder: string): Promise<Page> => {
    const { id } = await files.must(folder);
    return browser.visit(at(`/files/folder/${id}/share`));
  };
  const answer = (button: 'accept' | 'decline', options: AnswerOptions = {}): Promise<Page> =>
    browser.submit(PROPOSAL, {}, { ...options, button });
  return {
    ...identity,
    browser,
    files,
    get page() {
      return browser.page;
    },
    visit: (url) => browser.visit(url),
    submit: (form, values, options) => browser.submit(form, values, options),
    signIn: async (cloudUrl) => {
      if (cloudUrl !== undefined) await browser.visit(new URL('/login', cloudUrl));
      home = new URL('/', browser.page.url);
      return browser.submit('/login', { email: identity.email, password: identity.password });
    },
    signOut: async () => {
      await browser.visit(at('/logout'));
      return browser.submit('/logout');
    },
    share: async (folder, offer) => {
      await dialog(folder);
      return browser.submit('/share', offerFields(offer));
    },
    members: dialog,
    unshare: async (folder, address) => {
      const page = await dialog(folder);
      const form = formOn(page, (each) => isEnding(each.action.pathname) && each.text.includes(`from ${address}`));
      return browser.submit((each) => each === form);
    },
    openInvitation: (link) => browser.visit(link),
    chooseCloud: (name) => browser.submit(INVITATION, { cloud: cloudCalled(browser.page, name) }),
    accept: (options) => answer('accept', options),
    decline: (options) => answer('decline', options),
    leave: async (folder) => {
      const { id } = await files.must(folder);
      await browser.visit(at(`/files/${id}/leave`));
      return browser.submit('/leave');
    },
    shares: () => browser.visit(at('/shares')),
  };
}

function offerFields({ addresses, permission, comment, expires }: Offer): Record<string, string> {
  return {
    addresses: typeof addresses === 'string' ? addresses : addresses.join('; '),
    ...(permission !== undefined && { permission }),
    ...(comment !== undefined && { comment }),
    ...(expires !== undefined && { expires }),
  };
}

function isEnding(path: string): boolean {
  return path.endsWith('/unshare') || path.endsWith('/withdraw');
}

/** The value behind a cloud's name in the list. */
function cloudCalled(page: Page, name: string): string {
  const { controls } = formOn(page, INVITATION);
  const clouds = controls.filter((control) => control.name === 'cloud');
  const found = clouds.find(({ label }) => label === name || label.startsWith(`${name} `));
  if (found !== undefined) return found.value;
  const offered = clouds.map(({ label }) => label).join(', ') || 'none';
  throw new Error(`no cloud “${name}” on offer (there are: ${offered}); the page is ${describePage(page)}`);
}
