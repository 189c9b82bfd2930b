import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { openDavStory, propsOf, type DavProgram, type DavStory } from './dav-story.js';
import { rootOf, shareBySecret } from './secret-share.js';
import { bodyOf, limited, sync } from './sync-report.js';

/** A client that keeps a copy by reports alone. */
class Copy {
  readonly seen = new Set<string>();
  token = '';
  readonly #program: DavProgram;
  readonly #path: string;
  readonly #more: string;

  constructor(program: DavProgram, path: string, more = '') {
    this.#program = program;
    this.#path = path;
    this.#more = more;
  }

  async follow(): Promise<string[]> {
    for (let isCut = true; isCut;) {
      const { told, token } = await sync(this.#program, this.#path, bodyOf(this.token, 'infinite', this.#more));
      for (const [href, what] of told) {
        if (what !== '404') this.seen.add(href);
        else for (const each of [...this.seen]) if (each === href || each.startsWith(href)) this.seen.delete(each);
      }
      isCut = this.seen.delete(this.#path);
      this.token = token;
    }
    return [...this.seen].sort();
  }
}

/** Everything below a folder, as listings show it. */
async function walk(program: DavProgram, path: string): Promise<string[]> {
  const found: string[] = [];
  const members = [...(await program.find(path, '1', propsOf('resourcetype'))).keys()].filter((href) => href !== path);
  for (const href of members) {
    found.push(href);
    if (href.endsWith('/')) found.push(...(await walk(program, href)));
  }
  return found.sort();
}

let story: DavStory;
let ana: DavProgram;

beforeAll(async () => {
  story = await openDavStory();
  ana = story.anaDav;
});
afterAll(() => story.close());

const make = async (path: string) => expect((await ana.call('MKCOL', path)).status).toBe(201);
const move = (from: string, to: string) => ana.call('MOVE', from, { headers: { destination: to } });

describe('REPORT sync-collection (RFC 6578)', () => {
  it('an empty token tells all members, none as gone (DC-31)', async () => {
    await make('/dav/One');
    await ana.put('/dav/One/a.txt', 'a');
    await make('/dav/One/In');
    await ana.put('/dav/One/In/b.txt', 'b');
    const flat = await sync(ana, '/dav/One/', bodyOf('', '1'));
    expect(Object.fromEntries(flat.told)).toEqual({ '/dav/One/a.txt': 'tag', '/dav/One/In/': 'tag' });
    const deep = await sync(ana, '/dav/One', bodyOf(''));
    expect([...deep.told.keys()].sort()).toEqual(await walk(ana, '/dav/One/'));
    expect(flat.token).toMatch(/^urn:x-footbridge:sync:[0-9a-f]{32}:[0-9a-f]+$/);
    expect(await ana.property('/dav/One/', 'sync-token')).toMatchObject({ status: 200, text: deep.token });
    expect((await ana.property('/dav/One/', 'supported-report-set'))?.element.children).toHaveLength(1);
    expect(await ana.property('/dav/One/a.txt', 'sync-token')).toMatchObject({ status: 404 });
  });

  it('with nothing new the same token is given again, whatever happens elsewhere', async () => {
    const { token } = await sync(ana, '/dav/One/', bodyOf(''));
    await ana.put('/dav/elsewhere.txt', 'x');
    const again = await sync(ana, '/dav/One/', bodyOf(token));
    expect([again.told.size, again.token]).toEqual([0, token]);
  });

  it('what is made, changed, moved and deleted is told, with the folders around it, and nothing else', async () => {
    await make('/dav/Two');
    for (const name of ['keep', 'change', 'rename', 'leave', 'delete', 'replaced'])
      await ana.put(`/dav/Two/${name}`, name);
    await make('/dav/Two/Deep');
    await make('/dav/Two/Deep/er');
    await make('/dav/Two/Go');
    const { token } = await sync(ana, '/dav/Two/', bodyOf(''));
    const flatToken = (await sync(ana, '/dav/Two/', bodyOf('', '1'))).token;
    await ana.put('/dav/Two/change', 'other');
    await move('/dav/Two/rename', '/dav/Two/renamed');
    await move('/dav/Two/leave', '/dav/left');
    await ana.call('DELETE', '/dav/Two/delete');
    await ana.call('DELETE', '/dav/Two/Go');
    await ana.put('/dav/Two/replaced.new', 'new');
    await move('/dav/Two/replaced.new', '/dav/Two/replaced');
    await ana.put('/dav/Two/Deep/er/new', 'new');
    const { told } = await sync(ana, '/dav/Two/', bodyOf(token));
    expect(Object.fromEntries(told)).toEqual({
      '/dav/Two/change': 'tag',
      '/dav/Two/rename': '404',
      '/dav/Two/renamed': 'tag',
      '/dav/Two/leave': '404',
      '/dav/Two/delete': '404',
      '/dav/Two/Go/': '404',
      '/dav/Two/replaced.new': '404',
      '/dav/Two/replaced': 'tag',
      '/dav/Two/Deep/': 'tag',
      '/dav/Two/Deep/er/': 'tag',
      '/dav/Two/Deep/er/new': 'tag',
    });
    const flat = await sync(ana, '/dav/Two/', bodyOf(flatToken, '1'));
    expect([...flat.told.keys()].filter((href) => href.includes('/er/'))).toEqual([]);
    expect(flat.told.get('/dav/Two/Deep/')).toBe('tag');
  });

  it('a copy that follows the reports is the folder as it is listed, whatever is done', async () => {
    await make('/dav/Three');
    const copies = [new Copy(ana, '/dav/Three/'), new Copy(ana, '/dav/Three/', limited(3))];
    const agree = async () => {
      const listed = await walk(ana, '/dav/Three/');
      for (const copy of copies) expect(await copy.follow()).toEqual(listed);
    };
    await make('/dav/Three/A');
    for (let at = 0; at < 7; at += 1) await ana.put(`/dav/Three/A/${String(at)}.txt`, String(at));
    await agree();
    await move('/dav/Three/A', '/dav/Three/B');
    await ana.put('/dav/Three/B/0.txt', 'changed');
    await agree();
    await ana.call('COPY', '/dav/Three/B', { headers: { destination: '/dav/Three/C' } });
    await move('/dav/Three/C', '/dav/Three/B/C');
    await ana.call('DELETE', '/dav/Three/B/1.txt');
    await agree();
    await make('/dav/Outside');
    await move('/dav/Three/B', '/dav/Outside/B');
    await agree();
    await move('/dav/Outside/B/C', '/dav/Three/back');
    await move('/dav/Three/back', '/dav/Three/B');
    await agree();
    await ana.call('DELETE', '/dav/Three/B');
    await agree();
    const { trash } = story.alder.services.files;
    const [entry] = await trash.list(story.ana.accountId, 1);
    await trash.restore(story.ana.accountId, entry?.id ?? ('0' as never));
    await agree();
  });

  it('a cut answer says so, and goes on where it was cut', async () => {
    await make('/dav/Four');
    for (let at = 0; at < 5; at += 1) await ana.put(`/dav/Four/${String(at)}`, '');
    const first = await sync(ana, '/dav/Four/', bodyOf('', '1', limited(3)));
    expect([first.told.size, first.told.get('/dav/Four/')]).toEqual([4, '507']);
    const second = await sync(ana, '/dav/Four/', bodyOf(first.token, '1', limited(3)));
    expect([second.told.size, second.told.get('/dav/Four/')]).toEqual([2, undefined]);
    expect((await sync(ana, '/dav/Four/', bodyOf(second.token, '1'))).told.size).toBe(0);
  });

  it('a token of another folder, a broken one, and one that is too old are void', async () => {
    const { token } = await sync(ana, '/dav/One/', bodyOf(''));
    const cut = (await sync(ana, '/dav/Four/', bodyOf('', '1', limited(1)))).token;
    const last = token.slice(0, -2) + (token.endsWith('00') ? '11' : '00');
    for (const [path, body] of [
      ['/dav/Two/', bodyOf(token)],
      ['/dav/', bodyOf(token)],
      ['/dav/One/', bodyOf(last)],
      ['/dav/One/', bodyOf('urn:x:other')],
      ['/dav/Four/', bodyOf(cut)],
    ] as const) {
      const { status, text } = await ana.call('REPORT', path, { body });
      expect([path, status, text.includes('<d:valid-sync-token/>')]).toEqual([path, 403, true]);
    }
    await story.alder.services.base.database.write((trx) => trx('changes').update({ mark: 'another history' }));
    expect((await ana.call('REPORT', '/dav/One/', { body: bodyOf(token) })).status).toBe(403);
    expect((await sync(ana, '/dav/One/', bodyOf(''))).told.size).toBe(3);
  });

  it('other reports, and those about files, are refused by name', async () => {
    const expand = '<d:expand-property xmlns:d="DAV:"/>';
    for (const [path, body] of [
      ['/dav/One/', expand],
      ['/dav/One/a.txt', bodyOf('')],
    ] as const) {
      const { status, text } = await ana.call('REPORT', path, { body });
      expect([path, status, text.includes('<d:supported-report/>')]).toEqual([path, 403, true]);
    }
    for (const body of [
      undefined,
      '<d:sync-collection xmlns:d="DAV:"/>',
      bodyOf('', '2'),
      bodyOf('', '1', limited(0)),
    ]) {
      expect((await ana.call('REPORT', '/dav/One/', body === undefined ? {} : { body })).status).toBe(400);
    }
    expect((await ana.call('REPORT', '/dav/One/', { body: bodyOf(''), headers: { depth: '1' } })).status).toBe(400);
    expect((await ana.call('REPORT', '/dav/No/', { body: bodyOf('') })).status).toBe(404);
    expect((await ana.as(undefined).call('REPORT', '/dav/', { body: bodyOf('') })).status).toBe(401);
    expect((await ana.call('OPTIONS', '/dav/')).headers['allow']).toContain('REPORT');
  });
});

describe('what others share', () => {
  it('is a member of its folder, and has its own reports, which are not asked through the root', async () => {
    await make('/dav/Shared');
    await story.shareWithCleo('Shared', 'read-write');
    const { cleoDav } = story;
    const flat = await sync(cleoDav, '/dav/', bodyOf('', '1'));
    expect(flat.told.get('/dav/Shared/')).toBe('tag');
    const deep = await sync(cleoDav, '/dav/', bodyOf(''));
    expect(deep.told.get('/dav/Shared/')).toBe('403');
    const copy = new Copy(cleoDav, '/dav/Shared/');
    await ana.put('/dav/Shared/from-ana.txt', 'x');
    expect(await copy.follow()).toEqual(['/dav/Shared/from-ana.txt']);
    const { tree } = story.alder.services.files;
    const principal = { kind: 'person', accountId: story.cleo.accountId } as const;
    const top = await tree.find(principal, ROOT_ID, ['Shared']);
    await tree.move(principal, top?.id ?? ROOT_ID, { name: 'Called' });
    const moved = await sync(cleoDav, '/dav/', bodyOf(flat.token, '1'));
    expect(Object.fromEntries(moved.told)).toEqual({ '/dav/Shared/': '404', '/dav/Called/': 'tag' });
  });

  it('is followed through the secret of a share, below the root that was asked', async () => {
    const share = await shareBySecret(story, { permission: 'read-only' });
    for (const root of ['/public.php/webdav/', rootOf(share)]) {
      const copy = new Copy(share.program, root);
      expect(await copy.follow()).toEqual([`${root}budget.txt`]);
      await ana.put(encodeURI(`/dav/${share.name}/more.txt`), root);
      expect(await copy.follow()).toEqual([`${root}budget.txt`, `${root}more.txt`]);
      await ana.call('DELETE', encodeURI(`/dav/${share.name}/more.txt`));
      expect(await copy.follow()).toEqual([`${root}budget.txt`]);
    }
  });
});
