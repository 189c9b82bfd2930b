import type { OcmProfile, ScriptedAnswer } from './profile.js';
import { isZoe, placeOf, type Place } from './people.js';

/** A share that somebody at a scripted server was offered. */
export interface TakenShare {
  readonly providerId: string;
  readonly secret: string;
  readonly name: string;
  readonly resourceType: string;
  readonly owner: Place;
  readonly sender: string;
  /** Undefined in the first shape. */
  readonly address: string | undefined;
  permissions: readonly string[] | undefined;
  readonly shareWith: string;
  state: 'pending' | 'accepted' | 'declined' | 'gone';
}

/** What a server knows when it is offered something. */
export interface Reception {
  /** Of the server. */
  readonly host: string;
  readonly mayTalk: (host: string) => boolean;
  readonly hasMet: (address: string) => boolean;
}

type Body = Readonly<Record<string, unknown>>;

const asBody = (value: unknown): Body => (typeof value === 'object' && value !== null ? (value as Body) : {});

const NEEDED = ['shareWith', 'name', 'providerId', 'owner', 'shareType', 'resourceType'];

/** Judges what came to `POST /shares`, in the order and with the words of this make. */
export function judge(profile: OcmProfile, sent: unknown, at: Reception): TakenShare | ScriptedAnswer {
  const { taking, finding } = profile;
  const body = asBody(sent);
  if (NEEDED.some((name) => body[name] === undefined || body[name] === '')) return taking.refuses.missing;
  if (taking.persons.some((name) => body[name] === undefined)) return crash(profile);
  const owner = placeOf(profile, body['owner']);
  if (owner === undefined) return { status: 400, body: { message: 'entry does not contain @' } };
  const refusal = refusedProtocol(profile, asBody(body['protocol'])) ?? refusedKind(profile, body);
  if (refusal !== undefined) return refusal;
  const sender = String(body['sender'] ?? body['sharedBy'] ?? body['owner']);
  if (finding.needsEntry && !at.mayTalk(owner.host)) return taking.refuses.entry;
  if (finding.needsInvite && !at.hasMet(sender)) return taking.refuses.invite;
  const recipient = placeOf(profile, body['shareWith']);
  if (!isZoe(profile, recipient?.id ?? '', at.host)) return taking.refuses.person;
  return takenOf(body, owner, sender);
}

/** Seafile fails without `sharedBy`; the others answer that a field is missing. */
function crash({ name, taking }: OcmProfile): ScriptedAnswer {
  return name === 'seafile' ? { status: 500, body: '<html>KeyError</html>' } : taking.refuses.missing;
}

function refusedKind({ taking }: OcmProfile, body: Body): ScriptedAnswer | undefined {
  const isTaken = body['shareType'] === 'user' && taking.kinds.includes(String(body['resourceType']));
  return isTaken ? undefined : taking.refuses.kind;
}

function refusedProtocol({ taking }: OcmProfile, protocol: Body): ScriptedAnswer | undefined {
  const shape = shapeOf(protocol);
  const options = asBody(protocol['options']);
  const isFull = Object.keys(options).length > 0;
  if (protocol['name'] === undefined) return taking.refuses.missing;
  if (taking.strictProtocol) {
    if (isFull) return taking.refuses.options;
    const isKnown = Object.keys(protocol).every((name) => ['name', 'webdav', 'options'].includes(name));
    if (!isKnown || shape !== 'multi') return taking.refuses.shape;
  }
  // Nextcloud looks for options first, whatever the name is (seen of Nextcloud).
  if (!taking.shapes.includes('multi') && !isFull) return taking.refuses.options;
  if (!taking.shapes.includes(shape) && !(shape === 'single' && isFull)) return taking.refuses.shape;
  if (taking.needsRequirement !== undefined) {
    const said = asBody(protocol['webdav'])['requirements'];
    if (!Array.isArray(said) || !said.includes(taking.needsRequirement)) return taking.refuses.shape;
  }
  return secretOf(protocol) === undefined ? taking.refuses.missing : undefined;
}

function shapeOf(protocol: Body): 'legacy' | 'single' | 'multi' {
  if (protocol['name'] === 'multi') return 'multi';
  return protocol['webdav'] === undefined ? 'legacy' : 'single';
}

function secretOf(protocol: Body): string | undefined {
  const found = asBody(protocol['webdav'])['sharedSecret'] ?? asBody(protocol['options'])['sharedSecret'];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function takenOf(body: Body, owner: Place, sender: string): TakenShare {
  const protocol = asBody(body['protocol']);
  const webdav = asBody(protocol['webdav']);
  return {
    providerId: String(body['providerId']),
    secret: secretOf(protocol) ?? '',
    name: String(body['name']),
    resourceType: String(body['resourceType']),
    owner,
    sender,
    address: typeof webdav['uri'] === 'string' ? webdav['uri'] : undefined,
    permissions: Array.isArray(webdav['permissions']) ? webdav['permissions'].map(String) : undefined,
    shareWith: String(body['shareWith']),
    state: 'pending',
  };
}
