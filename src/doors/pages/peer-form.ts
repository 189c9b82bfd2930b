import { invalid, type Fields } from '../../kernel/index.js';
import {
  DIALECTS,
  TRANSPORTS,
  type ConsumerPair,
  type DiscoveredPeer,
  type Peer,
  type PeerChanges,
  type PeerConsent,
  type PeerDraft,
} from '../../peers/index.js';
import { checkedField, passwordField, requiredField, textField } from './forms.js';

/** Reads the form of a peer; the registry judges addresses and overlaps. */
export function draftOf(form: Fields): PeerDraft {
  return {
    name: requiredField(form, 'name', 'The name'),
    dialect: oneOf(DIALECTS, textField(form, 'dialect'), 'dialect'),
    transport: oneOf(TRANSPORTS, textField(form, 'transport'), 'way of taking proposals'),
    storageApi: textField(form, 'storageApi') || undefined,
    shareUrl: requiredField(form, 'shareUrl', 'The share address'),
    unshareUrl: textField(form, 'unshareUrl') || null,
    credentialsUrl: requiredField(form, 'credentialsUrl', 'The credentials address'),
    origins: lines(form, 'origins'),
    emailDomains: lines(form, 'emailDomains'),
    returnUrl: textField(form, 'returnUrl') || null,
    description: textField(form, 'description') || null,
    logoUrl: textField(form, 'logoUrl') || null,
    limits: { proposals: countField(form, 'proposalsPerMinute'), messages: countField(form, 'messagesPerMinute') },
    allowUnsigned: checkedField(form, 'allowUnsigned'),
    credentialsByGet: checkedField(form, 'credentialsByGet'),
    outbound: pairOf(form),
  };
}

/** The same form for a peer that exists: origins left as they were follow the addresses. */
export function changesOf(form: Fields, peer: Peer): PeerChanges {
  const draft = draftOf(form);
  const untouched = draft.origins?.join(' ') === peer.origins.join(' ');
  return untouched ? { ...draft, origins: undefined } : draft;
}

/** What the administrator confirmed beside the form. */
export function consentOf(form: Fields): PeerConsent {
  return { sharedOrigins: checkedField(form, 'sharedOrigins') };
}

function oneOf<Word extends string>(words: readonly Word[], text: string, label: string): Word {
  const word = words.find((each) => each === text);
  if (word === undefined) throw invalid(`Choose the ${label} from the list.`);
  return word;
}

/** A whole number, or undefined for an empty field; the registry judges it. */
function countField(form: Fields, name: string): number | undefined {
  const text = textField(form, name);
  return text === '' ? undefined : Number(text);
}

function lines(form: Fields, name: string): string[] {
  return textField(form, name)
    .split(/[\s,;]+/)
    .filter((line) => line !== '');
}

/** The pair that the other cloud issued to us. The key is shown again, the secret never: without one nothing changes. */
function pairOf(form: Fields): ConsumerPair | undefined {
  const [key, secret] = [textField(form, 'outboundKey'), passwordField(form, 'outboundSecret').trim()];
  if (secret === '') return undefined;
  if (key === '') throw invalid('Give the key that belongs to the secret.');
  return { key, secret };
}

/** What the form shows of a peer or of what was found: never a secret (ADM-02). */
export function fieldsOf(known: DiscoveredPeer | Peer | undefined): object {
  const peer = known !== undefined && 'dialect' in known ? known : undefined;
  return {
    name: known?.name ?? '',
    dialect: peer?.dialect ?? 'spec',
    transport: known?.transport ?? 'server-post',
    storageApi: known?.storageApi ?? 'stacksync-v2',
    shareUrl: known?.shareUrl ?? '',
    unshareUrl: known?.unshareUrl ?? '',
    credentialsUrl: known?.credentialsUrl ?? '',
    origins: known?.origins.join('\n') ?? '',
    emailDomains: known?.emailDomains.join('\n') ?? '',
    returnUrl: known?.returnUrl ?? '',
    description: known?.description ?? '',
    logoUrl: known?.logoUrl ?? '',
    proposalsPerMinute: peer?.limits.proposals ?? '',
    messagesPerMinute: peer?.limits.messages ?? '',
    allowUnsigned: peer?.allowUnsigned ?? false,
    credentialsByGet: peer?.credentialsByGet ?? false,
    outboundKey: peer?.outbound?.key ?? '',
  };
}

/** What was typed, when the form is shown again; the secret has to be typed again. */
export function fieldsTyped(form: Fields): object {
  const names = ['name', 'dialect', 'transport', 'storageApi', 'shareUrl', 'unshareUrl', 'credentialsUrl', 'origins'];
  const rest = ['emailDomains', 'returnUrl', 'description', 'logoUrl', 'outboundKey'];
  const limits = ['proposalsPerMinute', 'messagesPerMinute'];
  return {
    ...Object.fromEntries([...names, ...rest, ...limits].map((name) => [name, textField(form, name)])),
    allowUnsigned: checkedField(form, 'allowUnsigned'),
    credentialsByGet: checkedField(form, 'credentialsByGet'),
  };
}
