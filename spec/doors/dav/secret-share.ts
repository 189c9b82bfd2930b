import { CALLBACK } from '../../../src/shares/index.js';
import { activate, halvesOf, type Terms } from '../../journeys/support/story.js';
import { basic, DavProgram, type DavStory } from './dav-story.js';

/** A folder of Ana's that a cloud by Open Cloud Mesh has the secret of. */
export interface SecretShare {
  readonly folder: number;
  readonly name: string;
  readonly shareId: string;
  readonly secret: string;
  /** Below the root that the secret alone picks. */
  readonly program: DavProgram;
}

/** Where the root of one share is. */
export function rootOf({ shareId }: SecretShare): string {
  return `/dav/ocm/${shareId}/`;
}

/** Shares a folder of Ana's with a cloud that has a secret for it. */
export async function shareBySecret(story: DavStory, terms: Terms = {}): Promise<SecretShare> {
  const { database, sealer } = story.alder.services.base;
  // Proposals of the sample clouds, whose secret is then one of the other protocol.
  await database.write((trx) => trx('peers').update({ dialect: 'spec' }));
  const { folder } = await activate(story, terms);
  const { outgoing } = await halvesOf(story, folder);
  const secret = `${outgoing.id}-the-secret-of-a-share-is-43-characters`.slice(0, 43);
  await database.write(async (trx) => {
    await trx('peers').where({ id: outgoing.peerId }).update({ dialect: 'ocm' });
    const word = { callback_hash: sealer.digest(secret, CALLBACK), dialect: 'ocm' };
    await trx('outgoing_shares').where({ id: outgoing.id }).update(word);
  });
  const row = await database.read('items').where({ id: folder }).first<{ name: string }>('name');
  const program = new DavProgram(story.alder.url, basic(secret, ''));
  return { folder, name: row.name, shareId: outgoing.shareId, secret, program };
}
