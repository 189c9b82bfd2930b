import { COMMAND_LINE } from '../peers/index.js';
import type { Queries } from '../platform/index.js';
import { MEMBER } from '../shares/index.js';

/** Actors that are neither an account nor a peer. */
const KNOWN: Readonly<Record<string, string>> = {
  clock: 'the clock',
  peer: 'the other cloud',
  'holder of the link': 'whoever holds the invitation link',
  [COMMAND_LINE]: 'an administrator, on the command line',
};

/** Values asked for in one statement. */
const MANY = 500;

/** The names of actors: people, clouds, and others. Never an id. */
export async function nameActors(q: Queries, actors: readonly string[]): Promise<(actor: string) => string> {
  const ids = [...new Set(actors.map(idOf))].filter((actor) => KNOWN[actor] === undefined);
  const names = new Map<string, string>();
  for (let start = 0; start < ids.length; start += MANY) {
    const some = ids.slice(start, start + MANY);
    for (const table of ['peers', 'accounts']) {
      const rows = await q(table).whereIn('id', some).select<{ id: string; name: string }[]>('id', 'name');
      for (const { id, name } of rows) names.set(id, name);
    }
  }
  return (actor) => KNOWN[actor] ?? names.get(idOf(actor)) ?? 'somebody who is gone';
}

/** The account or peer of an actor. */
function idOf(actor: string): string {
  return actor.startsWith(MEMBER) ? actor.slice(MEMBER.length) : actor;
}
