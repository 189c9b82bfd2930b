import { z } from 'zod';
import { jsonText } from '../../client/index.js';
import { Failure, withoutTrailing } from '../../kernel/index.js';
import { type Outbound, type OutboundAnswer, parseForeignJson } from '../../platform/index.js';
import { webOriginOf } from '../peer/web-origins.js';
import { checkPair } from '../peer/peer-draft.js';
import type { ConsumerPair } from '../peer/peer.js';

const JoinId = z.string().regex(/^[A-Za-z0-9_-]{8,100}$/);
const Visible = z.string().regex(/^[\x21-\x7e]{1,400}$/);
const Pair = { consumer_key: Visible, consumer_secret: Visible };

/** `POST /interop/join`: a cloud asks to become a peer (cloudspaces-interop.md 14, step 2). */
export const JoinRequestMessage = z
  .object({
    join_id: JoinId.meta({ description: 'Names the request.' }),
    discovery: z.string().min(1).max(400).meta({ description: 'The well-known address of the cloud that asks.' }),
    name: z.string().max(1_000).meta({ description: 'How it calls itself.' }),
  })
  .meta({
    id: 'JoinRequest',
    examples: [
      {
        join_id: 'b0w8Xk3LqT5n',
        discovery: 'https://alder.example/.well-known/cloudspaces',
        name: 'Alder',
      },
    ],
  });
export type JoinRequestMessage = z.infer<typeof JoinRequestMessage>;

/**
 * `POST /interop/join/confirm`: the asked cloud's administrator has entered the code (cloudspaces-interop.md 14, step
 * 4).
 */
export const ConfirmMessage = z
  .object({
    join_id: JoinId.meta({ description: 'As it was asked.' }),
    code: z.string().min(1).max(40).meta({ description: 'The one-time code, which people gave to each other.' }),
    ...Pair,
  })
  .meta({
    id: 'JoinConfirmation',
    description: 'The pair is the one with which the receiver signs from now on.',
    examples: [{ join_id: 'b0w8Xk3LqT5n', code: '7KQ2MXW4ZT', consumer_key: 'qL0c3vTn', consumer_secret: 'Yw6uR1sB' }],
  });
export type ConfirmMessage = z.infer<typeof ConfirmMessage>;

/** `POST /interop/rotate`: the pair with which the receiver signs from now on. */
export const RotationMessage = z
  .object(Pair)
  .meta({ id: 'NewKeys', examples: [{ consumer_key: 'c9Wb1nKs', consumer_secret: 'Ju3oE7xM' }] });

/** The answer to a new pair. */
export const TakenKeys = z.object({
  consumer_key: z.string().meta({ description: 'The key that is used from now on.' }),
});

/** The pair that is issued in answer to a confirmation. */
export const IssuedPair = z
  .object(Pair)
  .meta({ id: 'IssuedPair', examples: [{ consumer_key: 'm2Rk8aZd', consumer_secret: 'Xe5tG9hQ' }] });

/** A pair on the wire. */
export function wirePair({ key, secret }: ConsumerPair): z.infer<typeof IssuedPair> {
  return { consumer_key: key, consumer_secret: secret };
}

/** Reads a pair of a message. Throws `invalid` when it could not prove anything. */
export function pairOf({ consumer_key: key, consumer_secret: secret }: z.infer<typeof RotationMessage>): ConsumerPair {
  return checkPair({ key, secret });
}

type Post = (url: string, body: object) => Promise<OutboundAnswer>;

/** How the two unsigned messages are sent: through the guard, JSON, to the one origin of the address (G6). */
export function createJoinWire(outbound: Pick<Outbound, 'call'>) {
  const post: Post = (url, body) =>
    outbound.call({
      method: 'POST',
      url,
      pinnedOrigins: [webOriginOf(new URL(url))],
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: jsonText(body),
    });
  return {
    /** Asks. Throws `peer-failed` or `peer-timeout` unless the request was taken. */
    async ask(joinUrl: string, message: JoinRequestMessage): Promise<void> {
      const { status } = await post(joinUrl, message);
      if (status !== 202) throw odd(status);
    },
    /** Confirms; answers the pair that the other cloud issues, or undefined when it does not take this code. */
    async confirm(joinUrl: string, message: ConfirmMessage): Promise<ConsumerPair | undefined> {
      const { status, body } = await post(`${withoutTrailing(joinUrl, '/')}/confirm`, message);
      if (status === 403) return undefined;
      if (status !== 200) throw odd(status);
      return readPair(body);
    },
  };
}

/** See {@link createJoinWire}. */
export type JoinWire = ReturnType<typeof createJoinWire>;

function readPair(body: Buffer): ConsumerPair {
  try {
    return pairOf(IssuedPair.parse(parseForeignJson(body)));
  } catch (cause) {
    throw new Failure('peer-failed', 'The other cloud gave an answer that makes no sense.', { cause });
  }
}

function odd(status: number): Failure {
  return new Failure('peer-failed', 'The other cloud did not take the message.', {
    detail: `answered ${String(status)}`,
  });
}
