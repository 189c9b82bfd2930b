import { z } from 'zod';
import type { ShareShape } from '../discovery/shape.js';
import { optional, permissions, secret, uri, word } from '../wording/fields.js';
import type { ReceivedShare } from './share.js';

/** Older names of requirements, with the names of the newest text (open-cloud-mesh.md 4.2). */
const REQUIREMENTS: ReadonlyMap<string, string> = new Map([
  ['token-exchange', 'must-exchange-token'],
  ['mfa-enforced', 'must-use-mfa'],
  ['request-signed', 'must-use-http-sig'],
]);

/** Requirements: a list must not be empty, and no entry may be ignored. */
const requirements = z
  .array(word)
  .min(1)
  .max(20)
  .transform((words) => [...new Set(words.map((each) => REQUIREMENTS.get(each) ?? each))].sort());

const webdav = z.object({
  uri: optional(uri),
  /** The name of `uri` at oCIS and OpenCloud. */
  url: optional(uri),
  sharedSecret: optional(secret),
  permissions: optional(permissions),
  requirements: optional(requirements),
  accessTypes: optional(z.array(word).min(1).max(20)),
  size: optional(z.int().nonnegative()),
});

/** The options of the first generation: its `permissions` are the name of a property, not permissions. */
const options = z.object({ sharedSecret: optional(secret), access_token: optional(secret) });

const otherProtocol = z.object({ requirements: optional(requirements) });

/** Members of the object that are not protocols. */
const NO_PROTOCOL: ReadonlySet<string> = new Set(['name', 'options']);

type Access = Pick<ReceivedShare, 'shape' | 'webdav' | 'otherProtocols' | 'requirements'>;

/**
 * The object `protocol`, which says how a share is opened, in its three shapes (open-cloud-mesh.md 4.2): `webdav` with
 * options, `webdav` with an object, or `multi` with an object for each protocol. Protocols beside the options of the
 * first shape are read too.
 */
export const protocolShape = z
  // PHP writes empty options as an empty list.
  .looseObject({
    name: word,
    webdav: optional(webdav),
    options: optional(options.or(z.tuple([]).transform(() => ({})))),
  })
  .transform((protocol, context): Access => {
    const others = Object.entries(protocol).filter(([name]) => !NO_PROTOCOL.has(name) && name !== 'webdav');
    const refuse = (...path: string[]): void => context.addIssue({ code: 'custom', message: 'INVALID', path });
    const access = accessIn(protocol);
    if (access === 'no-secret') {
      context.addIssue({ code: 'custom', message: 'REQUIRED', path: ['webdav', 'sharedSecret'] });
      return z.NEVER;
    }
    const demands = agreed([protocol.webdav, ...others.map(([, other]) => other)]);
    if (demands === undefined) refuse('requirements');
    return {
      shape: shapeOf(protocol),
      webdav: access,
      requirements: demands ?? [],
      otherProtocols: others.flatMap(([name]) => word.safeParse(name).data ?? []).slice(0, 20),
    };
  });

interface Protocol {
  readonly name: string;
  readonly webdav: z.infer<typeof webdav> | undefined;
  readonly options: z.infer<typeof options> | Record<string, never> | undefined;
}

function shapeOf({ name, webdav: object }: Protocol): ShareShape {
  if (name === 'multi') return 'multi';
  return object === undefined ? 'legacy' : 'single';
}

/**
 * How the share is opened over WebDAV. The secret is the one of the protocol, else of the options, else of the options
 * under its older name.
 */
function accessIn({ name, webdav: object, options: older }: Protocol): ReceivedShare['webdav'] | 'no-secret' {
  if (object === undefined && name !== 'webdav') return undefined;
  const found = object?.sharedSecret ?? older?.sharedSecret ?? older?.access_token;
  if (found === undefined) return 'no-secret';
  return {
    uri: object?.uri ?? object?.url,
    secret: found,
    permissions: object?.permissions,
    size: object?.size,
    accessTypes: object?.accessTypes ?? ['remote'],
  };
}

/**
 * The requirements of all protocols of a share; undefined when they differ, or cannot be read. A protocol that is not
 * an object has none.
 */
function agreed(all: readonly unknown[]): string[] | undefined {
  const said = all
    .filter((each) => typeof each === 'object' && each !== null)
    .map((each) => otherProtocol.safeParse(each).data);
  const lists = said.map((each) => (each === undefined ? undefined : (each.requirements ?? []).join('\n')));
  const [first = ''] = lists;
  if (lists.some((list) => list !== first)) return undefined;
  return first === '' ? [] : first.split('\n');
}
