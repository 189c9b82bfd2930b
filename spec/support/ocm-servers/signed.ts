import { find, keysAt } from './finding.js';
import type { OcmProfile, ScriptedAnswer } from './profile.js';
import { draftFault, draftParts, messageFault, messageKeyId, type SignedMessage } from './signatures.js';

/** What a server knows about those who sign messages. */
export interface SignerCheck {
  /** The host whose message it should be; undefined when it names nothing that is known. */
  readonly partner: string | undefined;
  /** Hosts that have signed before; whoever does joins them. */
  readonly signers: Set<string>;
  /** Milliseconds. */
  readonly now: number;
}

const refused = (status: number, message: string): ScriptedAnswer => ({
  status,
  body: { message, validationErrors: [] },
});

/** Why a message is not believed for who signed it (seen of Nextcloud); undefined when it is. */
export async function checkSigner(
  profile: OcmProfile,
  message: SignedMessage,
  { partner, signers, now }: SignerCheck,
): Promise<ScriptedAnswer | undefined> {
  const { makes, demands } = profile.signatures;
  if (makes === 'none') return undefined;
  const signer = signerOf(message);
  const fault = signer === undefined ? 'unsigned' : await faultOf(profile, message, signer, now);
  if (fault === 'unsigned') {
    if (demands === 'always') return refused(401, 'UNSIGNED');
    const isKnown = partner !== undefined && signers.has(partner);
    return isKnown ? refused(400, 'instance is supposed to sign its request') : undefined;
  }
  if (fault !== undefined) return refused(400, `Invalid signature: ${fault}`);
  if (signer !== partner && partner !== undefined) {
    return refused(400, `remote instance ${String(signer)} not linked to origin ${partner}`);
  }
  signers.add(signer ?? '');
  return undefined;
}

function signerOf(message: SignedMessage): string | undefined {
  const keyId = draftParts(message)?.get('keyId');
  if (keyId !== undefined) return URL.canParse(keyId) ? new URL(keyId).host : undefined;
  return messageKeyId(message)?.split('#')[0];
}

async function faultOf(
  profile: OcmProfile,
  message: SignedMessage,
  signer: string,
  now: number,
): Promise<string | undefined> {
  const origin = `http://${signer}`;
  const found = await find(profile, origin);
  // A host that cannot be asked is treated as unknown.
  if (found === undefined) return 'unsigned';
  if (draftParts(message) !== undefined) return draftFault(message, found.published, now);
  return profile.signatures.makes === 'rfc9421' ? messageFault(message, await keysAt(found, origin), now) : 'unsigned';
}
