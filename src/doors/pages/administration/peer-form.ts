import { invalid, type Fields } from '../../../kernel/index.js';
import {
  DIALECTS,
  OCM_SHAPES,
  ocmUrl,
  readOcmPlace,
  SIGNATURE_RULES,
  TRANSPORTS,
  type ConsumerPair,
  type OcmDraft,
  type Peer,
  type PeerChanges,
  type PeerConsent,
  type PeerDraft,
  type Recognised,
} from '../../../peers/index.js';
import { checkedField, passwordField, requiredField, textField } from '../frame/forms.js';

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
    ocm: ocmIn(form),
  };
}

/** The words of the form's lists. */
export const CHOICES = {
  dialects: DIALECTS,
  transports: TRANSPORTS,
  signatureRules: ['default', ...SIGNATURE_RULES],
  ocmShapes: ['auto', ...OCM_SHAPES],
} as const;

/** What stands for no rule, and for no shape, of their own. */
const DEFAULT = 'default';
const AUTO = 'auto';

/** What the form says of Open Cloud Mesh; null: the peer does not speak it. */
function ocmIn(form: Fields): OcmDraft | null {
  const url = textField(form, 'ocmUrl');
  if (url === '') return null;
  const [rule, shape] = [textField(form, 'ocmSignatures') || DEFAULT, textField(form, 'ocmShape') || AUTO];
  return {
    // The registry judges plain http.
    ...readOcmPlace(url, true),
    signatures: rule === DEFAULT ? undefined : oneOf(SIGNATURE_RULES, rule, 'rule for signatures'),
    manner: shape === AUTO ? {} : { shape: oneOf(OCM_SHAPES, shape, 'shape of shares') },
    acceptsAlone: checkedField(form, 'ocmAcceptsAlone'),
    exchangesTokens: checkedField(form, 'ocmExchangesTokens'),
    legacyNotifications: checkedField(form, 'ocmLegacyNotifications'),
  };
}

/** The same form for a peer that exists: origins left as they were follow the addresses. */
export function changesOf(form: Fields, peer: Peer): PeerChanges {
  const draft = draftOf(form);
  const untouched = draft.origins?.join(' ') === peer.origins.join(' ');
  const { ocm = null } = draft;
  // What was found out beside the shape stays with it.
  const isSameShape = ocm?.manner?.shape === peer.ocm?.manner.shape;
  const kept = ocm !== null && isSameShape ? { ...ocm, manner: peer.ocm?.manner ?? {} } : ocm;
  return { ...draft, ocm: kept, ...(untouched && { origins: undefined }) };
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

/**
 * The pair that the other cloud issued to us. The key is shown again, the secret never; without a secret nothing
 * changes.
 */
export function pairOf(form: Fields): ConsumerPair | undefined {
  const [key, secret] = [textField(form, 'outboundKey'), passwordField(form, 'outboundSecret').trim()];
  if (secret === '') return undefined;
  if (key === '') throw invalid('Give the key that belongs to the secret.');
  return { key, secret };
}

const TEXTS = [
  ...(['name', 'dialect', 'transport', 'storageApi', 'shareUrl', 'unshareUrl', 'credentialsUrl', 'origins'] as const),
  ...(['emailDomains', 'returnUrl', 'description', 'logoUrl', 'outboundKey'] as const),
  ...(['proposalsPerMinute', 'messagesPerMinute', 'ocmUrl', 'ocmSignatures', 'ocmShape'] as const),
] as const;

/** What the form of a peer shows, as it stands in its fields. */
export type PeerFields = Readonly<Record<(typeof TEXTS)[number], string>> & {
  readonly allowUnsigned: boolean;
  readonly credentialsByGet: boolean;
  readonly ocmAcceptsAlone: boolean;
  readonly ocmExchangesTokens: boolean;
  readonly ocmLegacyNotifications: boolean;
};

/** What the form shows of a peer or of what was found: never a secret (ADM-02). */
export function fieldsOf(known: Recognised | Peer | undefined): PeerFields {
  const peer = known !== undefined && 'inbound' in known ? known : undefined;
  return {
    name: known?.name ?? '',
    dialect: known?.dialect ?? 'spec',
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
    proposalsPerMinute: String(peer?.limits.proposals ?? ''),
    messagesPerMinute: String(peer?.limits.messages ?? ''),
    allowUnsigned: peer?.allowUnsigned ?? false,
    credentialsByGet: peer?.credentialsByGet ?? false,
    outboundKey: peer?.outbound?.key ?? '',
    ...ocmFieldsOf(known?.ocm),
  };
}

function ocmFieldsOf(ocm: OcmDraft | undefined) {
  const { host = '', path = '', isPlain = false } = ocm ?? {};
  return {
    ocmUrl: ocm === undefined ? '' : ocmUrl({ host, path, isPlain }),
    ocmSignatures: ocm?.signatures ?? DEFAULT,
    ocmShape: ocm?.manner?.shape ?? AUTO,
    ocmAcceptsAlone: ocm?.acceptsAlone ?? false,
    ocmExchangesTokens: ocm?.exchangesTokens ?? false,
    ocmLegacyNotifications: ocm?.legacyNotifications ?? false,
  };
}

/** What was typed, when the form is shown again; the secret has to be typed again. */
export function fieldsTyped(form: Fields): PeerFields {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, textField(form, name)])) as Record<
    (typeof TEXTS)[number],
    string
  >;
  return {
    ...texts,
    allowUnsigned: checkedField(form, 'allowUnsigned'),
    credentialsByGet: checkedField(form, 'credentialsByGet'),
    ocmAcceptsAlone: checkedField(form, 'ocmAcceptsAlone'),
    ocmExchangesTokens: checkedField(form, 'ocmExchangesTokens'),
    ocmLegacyNotifications: checkedField(form, 'ocmLegacyNotifications'),
  };
}
