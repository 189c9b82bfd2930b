import { z } from 'zod';
import { readAcceptance, type Acceptance, type ContactInvites } from '../../federation/index.js';
import { row, type AnyRow } from '../door/door.js';
import { meshRefusals, serverMessage, told } from './document-parts.js';
import { OCM_BODY, type OcmCaller, type OcmEntry } from './entry.js';

/** What {@link inviteRows} need. */
export interface InviteInputs {
  readonly entry: OcmEntry;
  readonly invites: Pick<ContactInvites, 'accept'>;
  /** The host of this cloud, as hosts are compared. */
  readonly ownHost: string;
}

const Person = {
  userID: z.string().meta({ description: 'What the person is called at their server; `userId` is the same field.' }),
  userId: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
};

const MeshAcceptance = z
  .looseObject({
    recipientProvider: z.string().meta({ description: 'The host of the server that sends this.' }),
    token: z.string().meta({ description: 'The token of the invitation.' }),
    ...Person,
  })
  .meta({
    id: 'MeshAcceptance',
    examples: [
      { recipientProvider: 'birch.example', token: 'k3J0aT7m', userID: 'bo', email: 'bo@birch.example', name: 'Bo' },
    ],
  });

const MeshPerson = z.object(Person).meta({ id: 'MeshPerson' });

const document = serverMessage(
  'acceptInvite',
  MeshAcceptance,
  {
    200: told('They know each other now: who has invited.', MeshPerson),
    ...meshRefusals({ 409: 'The invitation was used already, or the two know each other.' }),
  },
  {
    body: {
      required: true,
      content: {
        'application/json': { schema: MeshAcceptance },
        'application/x-www-form-urlencoded': { schema: MeshAcceptance },
      },
    },
  },
);

/** What servers say of invitations of this cloud (open-cloud-mesh.md 7). */
export function inviteRows({ entry, invites, ownHost }: InviteInputs): AnyRow[] {
  return [
    row<OcmCaller<Acceptance>>({
      method: 'POST',
      path: '/ocm/invite-accepted',
      summary: 'Learn that somebody accepts an invitation',
      document,
      body: OCM_BODY,
      greet: entry.greet,
      enter: entry.message({
        read: (body) => readAcceptance(body, ownHost),
        serversOf: ({ server }) => [server],
        counts: 'messages',
      }),
      async handle({ caller: { message } }, response) {
        response.json(await invites.accept(message));
      },
    }),
  ];
}
