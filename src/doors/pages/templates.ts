import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Eta } from 'eta';

/** The templates of `views/`, compiled. */
export interface Templates {
  /** Renders `group/page`; every value is escaped unless the template says otherwise. */
  render(name: string, model: object): string;
}

/** Compiles every page template at start, so that a mistake in one is found before anybody opens its page. */
export function loadTemplates(folder: string): Templates {
  const eta = new Eta({ autoEscape: true, cache: true });
  for (const name of templateNames(folder)) {
    eta.loadTemplate(`@${name}`, readFileSync(path.join(folder, `${name}.eta`), 'utf8'));
  }
  return { render: (name, model) => eta.render(`@${name}`, model) };
}

/** The names of all page templates below a folder; mails have a reader of their own. */
function templateNames(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.eta') && !file.startsWith('mail/'))
    .map((file) => file.slice(0, -'.eta'.length));
}
