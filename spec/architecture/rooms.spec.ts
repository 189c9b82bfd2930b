import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const cruiser = createRequire(import.meta.url)(path.join(root, '.dependency-cruiser.cjs')) as {
  readonly forbidden: readonly {
    readonly name: string;
    readonly from: { readonly path?: string | readonly string[] };
  }[];
};

/** Folders below `src`, from the root of the repository, each with the files and folders in it. */
function folders(folder = 'src'): { folder: string; files: string[]; subfolders: string[] }[] {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  const subfolders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return [{ folder, files, subfolders }, ...subfolders.flatMap((name) => folders(`${folder}/${name}`))];
}

describe('the rooms of the house', () => {
  it('hold at most fifteen files a folder', () => {
    const crowded = folders().filter(({ files }) => files.length > 15);
    expect(crowded.map(({ folder, files }) => `${folder}: ${String(files.length)}`)).toEqual([]);
  });

  it('give every sub-room its place among the others, where a room has places', () => {
    const placed = cruiser.forbidden.flatMap(({ name, from }) =>
      name.endsWith('-imports-only-what-is-to-its-left') ? [String(from.path)] : [],
    );
    const rooms = new Set(placed.map((pattern) => pattern.replace(/^\^/, '').replace(/\/(?:\(.*|[^/]+\/)$/, '')));
    const homeless = folders()
      .filter(({ folder }) => rooms.has(folder) && folder !== 'src/doors')
      .flatMap(({ folder, subfolders }) => subfolders.map((name) => `${folder}/${name}`))
      .filter((folder) => !placed.includes(`^${folder}/`));
    expect(rooms.size).toBeGreaterThan(5);
    expect(homeless).toEqual([]);
  });
});
