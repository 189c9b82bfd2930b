import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDoors, type FilesDoor } from './doors.js';
import { openSpace, type Space, type SpaceName } from './spaces.js';

/** The doors by name; one that is added is added here, and has to pass everything in every space. */
const DOORS = ['the storage API', 'WebDAV', 'the pages'] as const;

const bytes = (text: string): Buffer => Buffer.from(text);
const textOf = (read: Buffer | string): string => read.toString();

const MEBI = 1024 * 1024;

/** Names that a careless door takes for something else. */
const NAMES = [
  'plain.txt',
  'with blanks.txt',
  'Ünïcödé ☃.txt',
  '100% & #1 ? +.txt',
  "quote's “.txt",
  'semi;colon,.txt',
];

/** What every door does in this space, as people expect it from any folder. */
export function filesEverywhere(where: SpaceName): void {
  describe(`in ${where}`, () => {
    let space: Space;
    let doors: readonly FilesDoor[];
    beforeAll(async () => {
      space = await openSpace(where);
      doors = await openDoors(space.bo);
    });
    afterAll(() => space.close());
    const isOwn = where === 'an own folder';
    const doorOf = (name: string): FilesDoor => {
      const found = doors.find((door) => door.name === name);
      if (found === undefined) throw new Error(`there is no door ${name}`);
      return found;
    };

    describe.each(DOORS)('by %s', (through) => {
      let door: FilesDoor;
      let home: string;
      beforeAll(async () => {
        door = doorOf(through);
        home = `${space.path}/${through.replace(/\W/g, '')}`;
        expect(await door.makeFolder(home)).toBe('done');
      });

      it('a folder lists what was made in it, whatever its name', async () => {
        const folder = `${home}/names`;
        expect(await door.makeFolder(folder)).toBe('done');
        expect(await door.list(folder)).toEqual([]);
        for (const name of NAMES) expect(await door.write(`${folder}/${name}`, bytes(name)), name).toBe('done');
        expect(await door.makeFolder(`${folder}/Sub & folder`)).toBe('done');
        expect(await door.list(folder)).toEqual([...NAMES, 'Sub & folder/'].sort());
        for (const name of NAMES) expect(textOf(await door.read(`${folder}/${name}`)), name).toBe(name);
      });

      it('a content comes back as it was, whole and in part, large and empty', async () => {
        const large = randomBytes(3 * MEBI + 17);
        expect(await door.write(`${home}/large.bin`, large)).toBe('done');
        expect(large.equals((await door.read(`${home}/large.bin`)) as Buffer)).toBe(true);
        const part = await door.read(`${home}/large.bin`, [MEBI, MEBI + 99]);
        expect(large.subarray(MEBI, MEBI + 100).equals(part as Buffer)).toBe(true);
        expect(await door.write(`${home}/empty.txt`, bytes(''))).toBe('done');
        expect(textOf(await door.read(`${home}/empty.txt`))).toBe('');
      });

      it('new content takes the place of the old one', async () => {
        for (const text of ['one', 'two, longer', '3']) {
          expect(await door.write(`${home}/changing.txt`, bytes(text))).toBe('done');
          expect(textOf(await door.read(`${home}/changing.txt`))).toBe(text);
        }
        expect((await door.list(home)).filter((name) => name.startsWith('changing'))).toEqual(['changing.txt']);
      });

      it('what is renamed or moved is there under its new name alone, with all that is in it', async () => {
        expect(await door.makeFolder(`${home}/from`)).toBe('done');
        expect(await door.makeFolder(`${home}/to`)).toBe('done');
        expect(await door.write(`${home}/from/a.txt`, bytes('a'))).toBe('done');
        expect(await door.rename(`${home}/from/a.txt`, 'b ä.txt')).toBe('done');
        expect(await door.move(`${home}/from/b ä.txt`, `${home}/to`)).toBe('done');
        expect(await door.rename(`${home}/to`, 'there')).toBe('done');
        expect(await door.list(`${home}/from`)).toEqual([]);
        expect(await door.list(`${home}/there`)).toEqual(['b ä.txt']);
        expect(textOf(await door.read(`${home}/there/b ä.txt`))).toBe('a');
        expect(await door.read(`${home}/to/b ä.txt`).catch(() => 'missing')).toBe('missing');
      });

      it('what is deleted is gone, a folder with all that is in it', async () => {
        expect(await door.makeFolder(`${home}/gone`)).toBe('done');
        expect(await door.write(`${home}/gone/a.txt`, bytes('a'))).toBe('done');
        expect(await door.write(`${home}/gone.txt`, bytes('b'))).toBe('done');
        expect(await door.remove(`${home}/gone.txt`)).toBe('done');
        expect(await door.remove(`${home}/gone`)).toBe('done');
        expect((await door.list(home)).filter((name) => name.startsWith('gone'))).toEqual([]);
        expect(await door.read(`${home}/gone.txt`)).toBe('missing');
      });

      it('a name that is taken stays with what has it', async () => {
        expect(await door.write(`${home}/first.txt`, bytes('first'))).toBe('done');
        expect(await door.write(`${home}/second.txt`, bytes('second'))).toBe('done');
        expect(await door.rename(`${home}/second.txt`, 'first.txt')).toBe('refused');
        expect(textOf(await door.read(`${home}/first.txt`))).toBe('first');
        expect(textOf(await door.read(`${home}/second.txt`))).toBe('second');
      });

      it('what one door wrote every other reads', async () => {
        expect(await door.write(`${home}/shared news.txt`, bytes(`by ${through}`))).toBe('done');
        for (const other of doors) {
          expect(textOf(await other.read(`${home}/shared news.txt`)), other.name).toBe(`by ${through}`);
        }
        expect(await space.ownersCopy(`${home.slice(space.path.length + 1)}/shared news.txt`)).toBe(`by ${through}`);
      });
    });

    it.skipIf(isOwn).each(DOORS)(
      'that is read only, by %s, everything is read and nothing changed',
      async (through) => {
        const door = doorOf(through);
        const { readOnlyPath: top } = space;
        expect(await door.list(top)).toEqual(['Inside/', 'letter.txt']);
        expect(textOf(await door.read(`${top}/letter.txt`))).toBe('for you to read');
        const outcomes = [
          await door.write(`${top}/letter.txt`, bytes('x')).catch(() => 'forbidden'),
          await door.write(`${top}/new.txt`, bytes('x')).catch(() => 'forbidden'),
          await door.makeFolder(`${top}/New`).catch(() => 'forbidden'),
          await door.rename(`${top}/letter.txt`, 'x.txt').catch(() => 'forbidden'),
          await door.move(`${top}/letter.txt`, `${top}/Inside`).catch(() => 'forbidden'),
          await door.remove(`${top}/letter.txt`).catch(() => 'forbidden'),
        ];
        expect(new Set(outcomes)).toEqual(new Set(['forbidden']));
        expect(await door.list(top)).toEqual(['Inside/', 'letter.txt']);
        expect(textOf(await door.read(`${top}/letter.txt`))).toBe('for you to read');
      },
    );
  });
}
