import { z } from 'zod';
import { OUTGOING_STATES } from '../../../shares/index.js';
import { Person, stateWord, StorageTime } from '../../door/values.js';

const MAX_ADDRESSES = 1_000;

const Addresses = z.array(z.string()).max(MAX_ADDRESSES);

const Text = z.string().nullish();

const ShareObject = z.looseObject({
  share_to: Addresses.meta({
    description:
      'E-mail addresses, of this cloud or anywhere; letters beyond ASCII are taken (RFC 6531). Or `name@cloud.example`, with scheme, port and path where a server of Open Cloud Mesh wants them.',
  }),
  permission: Text.meta({ description: '`read-only` or `read-write`, in any letter case. Absent: `read-write`.' }),
  comment: Text.meta({ description: 'A few words for the invitation.' }),
  expires_at: Text.meta({ description: 'When the share ends: a UTC time such as `2026-12-31 18:00:00.0`.' }),
});

/** Whom to share with: a list of addresses, or an object that holds one (stacksync-api-v2.md 6). */
export const ShareBody = z
  .union([Addresses, ShareObject])
  .meta({
    id: 'ShareRequest',
    examples: [
      ['bo@birch.example'],
      { share_to: ['bo@birch.example'], permission: 'read-only', comment: 'For Monday' },
    ],
  })
  .transform((body): z.output<typeof ShareObject> => (Array.isArray(body) ? { share_to: body } : body));

/** Whom to share with no longer, in the same two forms. */
export const UnshareBody = z
  .union([Addresses, z.looseObject({ unshare_to: Addresses })])
  .meta({ id: 'UnshareRequest', examples: [['bo@birch.example'], { unshare_to: ['bo@birch.example'] }] })
  .transform((body) => (Array.isArray(body) ? body : body.unshare_to));

const Proposed = z
  .object({
    share_id: z.string(),
    email: z.string(),
    status: z.enum(OUTGOING_STATES.map(stateWord)),
    at: z.string().optional().meta({
      description:
        'The server at which the folder is offered, without a letter (Open Cloud Mesh). Absent: it is a letter that invites.',
    }),
  })
  .meta({ id: 'Proposal', description: 'An invitation to somebody of another cloud.' });

/** What came of sharing. */
export const Shared = z
  .object({
    shared_to: z.array(Person).meta({ description: 'People of this cloud; they can open the folder now.' }),
    proposals: z.array(Proposed).optional().meta({ description: 'Absent when nobody of another cloud was named.' }),
  })
  .meta({
    id: 'Shared',
    examples: [
      {
        shared_to: [{ name: 'Cleo Costa', email: 'cleo@alder.example' }],
        proposals: [{ share_id: 'k3J0aT7m', email: 'bo@birch.example', status: 'CREATED' }],
      },
    ],
  });
export type Shared = z.infer<typeof Shared>;

/** What came of unsharing. */
export const Unshared = z
  .object({ unshared_to: z.array(Person).meta({ description: 'Whose share has ended; empty for whoever left.' }) })
  .meta({ id: 'Unshared', examples: [{ unshared_to: [{ name: 'bo@birch.example', email: 'bo@birch.example' }] }] });
export type Unshared = z.infer<typeof Unshared>;

/** Everybody who can open a folder. */
export const Members = z.array(
  Person.extend({ joined_at: StorageTime, is_owner: z.boolean() }).meta({
    id: 'Member',
    description: 'Somebody who can open a folder.',
    examples: [
      { name: 'Ana Alvarez', email: 'ana@alder.example', joined_at: '2026-11-02 09:00:00.000', is_owner: true },
    ],
  }),
);
export type Members = z.infer<typeof Members>;
