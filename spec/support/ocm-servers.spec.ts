import { afterEach, describe, expect, it } from 'vitest';
import { OCM } from '../http-signatures/support.js';
import { OcmServer, OCM_PROFILES, type OcmProfileName, type TakenShare } from './ocm-servers/index.js';
import { draftFault, messageFault, type PublishedKeyOfSet } from './ocm-servers/signatures.js';

const now = (): number => Date.UTC(2026, 10, 30);

const opened: OcmServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

/** Two of them whose operators wrote each other down, and whose people have met. */
async function between(one: OcmProfileName, other: OcmProfileName): Promise<[OcmServer, OcmServer]> {
  const pair: [OcmServer, OcmServer] = [await OcmServer.open(one, now), await OcmServer.open(other, now)];
  opened.push(...pair);
  const [first, second] = pair;
  for (const [here, there] of [pair, [second, first]] as const) {
    here.entries.set(there.host, there.endPoint);
    here.befriend(there.address);
  }
  return pair;
}

/** What Zoe of one server is told of Zoe of another: those who need the scheme hear it. */
function told(owner: OcmServer, { address, url, host }: OcmServer): string {
  return owner.profile.needsScheme ? address.replace(new RegExp(`@(?:http://)?${host}$`), `@${url}`) : address;
}

const taken = ({ taken: [share] }: OcmServer): TakenShare => {
  if (share === undefined) throw new Error('nothing was offered');
  return share;
};

describe('scripted servers of Open Cloud Mesh', () => {
  it.each([
    ['nc29', 'nc32'],
    ['nc32', 'nc34'],
    ['nc34', 'oc10'],
    ['oc10', 'nc32'],
    ['ocis', 'opencloud'],
    ['cernbox', 'ocis'],
    ['nc32', 'cernbox'],
  ] as const)('%s gives a folder to %s, which reads and writes it until it is taken back', async (one, other) => {
    const [owner, recipient] = await between(one, other);
    const given = await owner.give({ to: told(owner, recipient), name: 'Plans', mayWrite: true });
    given.dav.disk.write('/a.txt', Buffer.from('twelve'));
    expect([given.state, given.answer?.status]).toEqual(['sent', recipient.profile.taking.done.status]);
    const share = taken(recipient);
    await recipient.accept(share);
    expect(given.state).toBe(recipient.profile.notices.sends.includes('SHARE_ACCEPTED') ? 'accepted' : 'sent');
    const folder = await recipient.open(share);
    const { items } = await folder.list();
    expect(items.map(({ path, isFolder }) => [path, isFolder])).toEqual([
      ['', true],
      ['a.txt', false],
    ]);
    expect((await folder.read('a.txt', 'bytes=0-2')).text).toBe('twe');
    expect((await folder.write('b.txt', 'from Zoe')).status).toBe(201);
    expect((await folder.rename('b.txt', 'c.txt')).status).toBe(201);
    expect(given.dav.disk.find('/c.txt')?.content?.toString()).toBe('from Zoe');
    await owner.unshare(given);
    expect((await folder.list()).status).toBe(owner.profile.serves.closed);
  });

  it.each([
    ['nc34', 'opencloud', 400],
    ['nc32', 'opencloud', undefined],
    ['opencloud', 'nc34', 400],
    ['ocis', 'seafile', 500],
    ['cernbox', 'opencloudmesh-go', 401],
    ['seafile', 'ocis', 400],
  ] as const)('%s and %s cannot share (open-cloud-mesh.md 5)', async (one, other, status) => {
    const [owner, recipient] = await between(one, other);
    const given = await owner.give({ to: told(owner, recipient), name: 'Plans' });
    expect([given.state, given.answer?.status, recipient.taken]).toEqual(['refused', status, []]);
  });

  it('a Nextcloud that has signed must go on signing, and another host cannot speak for it', async () => {
    const [owner, recipient] = await between('nc32', 'nc34');
    const given = await owner.give({ to: told(owner, recipient), name: 'Plans' });
    const url = `${recipient.url}/index.php/ocm/notifications`;
    const notification = { sharedSecret: given.secret };
    const body = {
      notificationType: 'SHARE_UNSHARED',
      resourceType: 'file',
      providerId: given.providerId,
      notification,
    };
    const forged = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    expect([forged.status, await forged.json()]).toMatchObject([400, { message: /supposed to sign/ }]);
    expect(taken(recipient).state).toBe('pending');
  });

  it('one without an entry, or an invitation, is refused', async () => {
    const [owner, recipient] = await between('opencloud', 'ocis');
    recipient.contacts.clear();
    expect((await owner.give({ to: told(owner, recipient), name: 'Plans' })).answer?.text).toContain('not accepted');
    recipient.entries.clear();
    expect((await owner.give({ to: told(owner, recipient), name: 'Plans' })).answer?.text).toContain('not authorized');
  });

  it.each(['nc32', 'nc34', 'ocis'] as const)('an invitation of %s is taken once', async (make) => {
    const [host, guest] = await between('cernbox', make);
    const invitation = guest.invite();
    expect((await host.meet(invitation))?.status).toBe(200);
    expect((await host.meet(invitation))?.status).toBe(400);
  });

  it('every make cites what says that it is so', () => {
    for (const { cites } of Object.values(OCM_PROFILES)) expect(cites).toMatch(/open-cloud-mesh\.md/);
  });
});

describe('their signatures', () => {
  const known = OCM.vectors.filter(
    ({ alg, name }) => /ed25519|^rsa-sha/.test(alg) && !/another order|more components/.test(name),
  );

  it.each(known.map((each) => [each.name, each] as const))('are those of other programs: %s', (_name, vector) => {
    const url = new URL(vector.target, OCM.origin);
    const message = {
      method: 'POST',
      host: url.host,
      path: url.pathname,
      headers: vector.headers,
      scheme: 'https' as const,
      body: Buffer.from(vector.body),
    };
    const key = OCM.keys[vector.key];
    const published = { keyId: vector.keyId, publicKeyPem: key?.public ?? '' };
    const set = [{ ...key?.jwk, kid: vector.keyId }] as PublishedKeyOfSet[];
    const fault =
      vector.kind === 'cavage'
        ? draftFault(message, published, OCM.now * 1_000)
        : messageFault(message, set, OCM.now * 1_000);
    expect(fault).toBeUndefined();
  });
});
