import { anasBelongings } from './belongings.js';
import type { Stage } from './stage.js';

/** What the recipient does inside the mount, and what the owner sees of it. */
export async function playFiles({ transcript, ana, bo }: Stage): Promise<void> {
  const belongings = anasBelongings();
  const bytesOf = (path: string): Buffer => {
    const content = belongings.get(path);
    if (!Buffer.isBuffer(content)) throw new Error(`${path} is no file`);
    return content;
  };
  await transcript.step('Bo lists the folder and reads files, whole and in part', async (step) => {
    const names = (await bo.files.list('Plans')).map(({ name }) => name);
    const theirs = [...belongings.keys()].filter((path) => /^Plans\/[^/]+$/.test(path)).map((path) => path.slice(6));
    step.check(
      theirs.every((name) => names.includes(name)),
      `Plans at Birch: ${names.join(', ')}`,
    );
    const picture = await bo.files.read('Plans/colours.png');
    step.check(
      picture.content.equals(bytesOf('Plans/colours.png')),
      `colours.png: ${String(picture.content.length)} bytes, the same`,
    );
    const piece = await bo.files.read('Plans/budget.csv', { range: 'bytes=10-19' });
    const wanted = bytesOf('Plans/budget.csv').subarray(10, 20);
    step.check(
      piece.status === 206 && piece.content.equals(wanted),
      `budget.csv, ${String(piece.headers['content-range'])}: “${piece.text}”`,
    );
    const letter = await bo.files.read('Plans/Letters/to the carpenter.txt');
    step.check(
      letter.text.startsWith('Dear Ms. Diaz'),
      `Letters/to the carpenter.txt: “${letter.text.split('\n')[0] ?? ''}”`,
    );
  });
  await transcript.step('Bo adds a file and writes into another; Ana has both', async (step) => {
    await bo.files.write('Plans/trailer.txt', 'The trailer is free on the 12th.\n');
    const changed = `${bytesOf('Plans/notes.txt').toString()}- The trailer is ours. Bo\n`;
    await bo.files.write('Plans/notes.txt', changed);
    const [trailer, notes] = [await ana.files.read('Plans/trailer.txt'), await ana.files.read('Plans/notes.txt')];
    step.check(trailer.text.includes('free on the 12th'), `trailer.txt at Alder: “${trailer.text.trim()}”`);
    step.check(notes.text === changed, `notes.txt at Alder ends with “${notes.text.trim().split('\n').at(-1) ?? ''}”`);
  });
  await transcript.step('Bo renames, makes a folder, moves and deletes; Ana sees it', async (step) => {
    await bo.files.rename('Plans/trailer.txt', 'trailer on the 12th.txt');
    await bo.files.makeFolder('Plans/Done');
    await bo.files.move('Plans/trailer on the 12th.txt', 'Plans/Done');
    await bo.files.remove('Plans/budget.csv');
    const names = (await ana.files.list('Plans')).map(({ name }) => name);
    step.check(names.includes('Done') && !names.includes('budget.csv'), `Plans at Alder: ${names.join(', ')}`);
    const done = (await ana.files.list('Plans/Done')).map(({ name }) => name);
    step.check(done.join() === 'trailer on the 12th.txt', `Plans/Done at Alder: ${done.join(', ')}`);
  });
}
