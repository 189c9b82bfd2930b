import { apiRequest } from '../../../client/index.js';
import { isFailure } from '../../../kernel/index.js';
import type { Node } from '../../../files/index.js';
import { readKeepsDesk } from './desk-wire.js';
import type { Resource } from './resource.js';
import type { PeerTransport } from './transport.js';
import { readNode, readTerms, type Terms } from './wire.js';

/** What one look at a shared folder, with its grant, showed. */
export type Probe =
  /** The grant opens the folder, on these terms. */
  | ({
      readonly kind: 'ok';
      readonly name: string;
      readonly node: Node;
      /** Whether comments and locks are kept there (our extension). */
      readonly keepsDesk: boolean;
    } & Terms)
  /** The other cloud does not know the grant. */
  | { readonly kind: 'unauthorized' }
  /** Time may mend it; says nothing about the grant. */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      /** What exactly went wrong, for administrators. */
      readonly detail?: string | undefined;
      readonly retryAfter: number | undefined;
    }
  /** It answers for something else than the folder of the proposal (threat model CRD-09). */
  | { readonly kind: 'wrong'; readonly note: string };

/** Reads the metadata of a share's top once, freshly signed. Never throws for what a peer does. */
export async function probeShare(transport: PeerTransport, { base, id, kind }: Resource): Promise<Probe> {
  try {
    const { status, text } = await transport.askRaw(apiRequest(base, { method: 'GET', path: `${kind}/${id}` }));
    if (status === 401) return { kind: 'unauthorized' };
    if (status !== 200) return trouble(`The other cloud answered ${String(status)}.`);
    const answer = parse(text);
    return answer === undefined ? trouble('The other cloud did not answer JSON.') : judge(answer, { id, kind });
  } catch (error) {
    if (isFailure(error) && error.code !== 'internal')
      return { ...trouble(error.message, error.retryAfter), detail: error.detail };
    throw error;
  }
}

function judge(answer: unknown, { id, kind }: Pick<Resource, 'id' | 'kind'>): Probe {
  const node = readNode(answer);
  const terms = readTerms(answer);
  if (node === undefined || terms === undefined) return wrong('The metadata of the shared folder cannot be read.');
  if (node.key !== id || node.kind !== kind) return wrong('The other cloud answers for another item.');
  if (node.status === 'DELETED') return wrong('The shared folder has been deleted.');
  const keepsDesk = readKeepsDesk(answer);
  return { kind: 'ok', name: node.name, node: { ...node, parentKey: null }, keepsDesk, ...terms };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function trouble(note: string, retryAfter?: number): Extract<Probe, { kind: 'trouble' }> {
  return { kind: 'trouble', note, retryAfter };
}

function wrong(note: string): Probe {
  return { kind: 'wrong', note };
}
