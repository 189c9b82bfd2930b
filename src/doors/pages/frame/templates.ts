import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Eta } from 'eta';
import type { Account } from '../../../accounts/index.js';
import { showName, showText } from '../../../kernel/index.js';
import type { Notice } from './sessions.js';

/**
 * What each view of a page shows, by its name below `views/`: plain data. Every page declares the model of its views beside
 * the rows that show them; `spec/doors/pages/views.spec.ts` checks the templates against it.
 */
export interface Views {
  'errors/refusal': { readonly message: string; readonly advice: string; readonly requestId: string | undefined };
}

/** Which template, below the folder of views and without its ending. */
export type ViewName = keyof Views;

/** What every view finds beside its own model. */
export interface FrameModel {
  readonly cloudName: string;
  /** Whoever is signed in. */
  readonly person: Account | undefined;
  readonly title: string;
  readonly section: string | undefined;
  readonly wayBack: string | undefined;
  readonly notice: Notice | undefined;
  /** Why the form on the page is shown again. */
  readonly message: string | undefined;
  readonly asset: (name: string) => string;
  readonly token: (purpose?: string) => string;
}

/** What every view can say of names and texts, see {@link Templates}. */
export interface Spelling {
  readonly named: (name: string) => string;
  readonly asIs: (text: unknown) => string;
}

/** The templates of `views/`, compiled. */
export interface Templates {
  /**
   * Renders `group/page`; every value is escaped and its unseen marks written out (ruling F-32), unless the template
   * says otherwise. For names templates have `it.named`, for what goes back into a form, and for messages, `it.asIs`.
   */
  render<Name extends ViewName>(name: Name, model: FrameModel & Views[Name]): string;
}

/** Compiles every page template at start, so that a mistake in one is found before anybody opens its page. */
export function loadTemplates(folder: string): Templates {
  const escapeFunction = (value: unknown): string => asIs(showText(String(value)));
  const eta = new Eta({ autoEscape: true, cache: true, escapeFunction });
  for (const name of templateNames(folder)) {
    eta.loadTemplate(`@${name}`, readFileSync(path.join(folder, `${name}.eta`), 'utf8'));
  }
  const spelling: Spelling = { named, asIs };
  return { render: (name, model) => eta.render(`@${name}`, { ...model, ...spelling }) };
}

/** Most names contain no characters that reverse or hide text. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/** A name, isolated so that it neither changes the direction of text beside it nor hides its blanks. */
function named(name: string): string {
  if (PLAIN.test(name)) return asIs(name);
  return `<bdi class="name">${asIs(showName(name))}</bdi>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it is, escaped for HTML. */
function asIs(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** The names of all page templates below a folder; mails have a reader of their own. */
function templateNames(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.eta') && !file.startsWith('mail/'))
    .map((file) => file.slice(0, -'.eta'.length));
}
