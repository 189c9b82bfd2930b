import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../../support/until.js';

/** A file that somebody has on their device. */
export interface DeviceFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Whom a browser belongs to. */
export interface Identity {
  readonly email: string;
  readonly password: string;
}

/** A person at a real browser with an empty profile: finds things by what they are called, as people do. */
export class Visitor {
  readonly page: Page;
  readonly #identity: Identity;

  constructor(page: Page, identity: Identity) {
    this.page = page;
    this.#identity = identity;
  }

  /** Answers the sign-in form that is open. */
  async signIn(): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(this.#identity.email);
    await this.page.getByLabel('Password').fill(this.#identity.password);
    await this.press('Sign in');
  }

  /** Presses a button, by its whole name or the beginning of it, and waits for what comes of it. */
  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: false }).first().click();
    await this.page.waitForLoadState();
  }

  async follow(link: string | RegExp): Promise<void> {
    await this.page.getByRole('link', { name: link }).first().click();
    await this.page.waitForLoadState();
  }

  /** Opens a folder in the listing that is open. */
  openFolder(name: string): Promise<void> {
    return this.follow(`Folder: ${name}`);
  }

  /** Chooses from the menu of an item in the listing that is open. */
  async choose(action: string, item: string): Promise<void> {
    const row = this.page.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name: item }) });
    await row.locator('summary').click();
    await row.getByRole('link', { name: action, exact: true }).click();
    await this.page.waitForLoadState();
  }

  async makeFolder(name: string): Promise<void> {
    await this.page.getByLabel('Name', { exact: true }).fill(name);
    await this.press('Make folder');
  }

  async upload(file: DeviceFile): Promise<void> {
    await this.page.getByLabel('Files', { exact: true }).setInputFiles(file);
    await this.page.getByRole('button', { name: 'Upload' }).click();
    await this.page.getByText('1 file uploaded.').waitFor();
  }

  /** Clicks on a file and answers the bytes that arrive on the device. */
  async download(name: string): Promise<Buffer> {
    const arrival = this.page.waitForEvent('download');
    await this.page.getByRole('link', { name: `Download: ${name}` }).click();
    const stream = await (await arrival).createReadStream();
    return Buffer.concat((await stream.toArray()) as Buffer[]);
  }

  /** The names in the listing that is open, folders and files. */
  async names(): Promise<string[]> {
    const found = await this.page.locator('a.entry').allTextContents();
    return found.map((text) => text.replace(/^(Folder|Download): /, ''));
  }

  /** Opens a page again and again until a link of this name is there, or (`gone`) is not any more. */
  async waitForEntry(url: string, name: string, { gone = false } = {}): Promise<void> {
    await until(`${name} ${gone ? 'gone from' : 'at'} ${url}`, async () => {
      await this.page.goto(url);
      return (await this.names()).includes(name) !== gone;
    });
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

/** A person who has just opened a browser. Questions that scripts ask are answered with yes. */
export async function openVisitor(
  browser: Browser,
  identity: Identity,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.accept());
  return new Visitor(page, identity);
}
