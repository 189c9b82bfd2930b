import { hostOf, invalid, withoutTrailing } from '../../kernel/index.js';

/** What of signatures is asked of a server (open-cloud-mesh.md 10.4). */
export const SIGNATURE_RULES = ['off', 'opportunistic', 'required'] as const;
export type SignatureRule = (typeof SIGNATURE_RULES)[number];

/** The shapes of what a share is opened with (open-cloud-mesh.md 4.2): A, B and C. */
export const OCM_SHAPES = ['legacy', 'single', 'multi'] as const;

/** How shares are written to a server, as far as an administrator said it or it was found out (open-cloud-mesh.md 5). */
export interface OcmManner {
  readonly shape?: (typeof OCM_SHAPES)[number];
  readonly uri?: 'absolute' | 'relative';
  readonly folder?: 'file' | 'folder';
}

/** A manner as somebody writes it down. */
type MannerDraft = { readonly [Key in keyof OcmManner]?: OcmManner[Key] | null | undefined };

/** A manner without words for what is not known: it is laid over what is guessed. */
export function knownManner(manner: MannerDraft): OcmManner {
  const { shape, uri, folder } = manner;
  return { ...(shape && { shape }), ...(uri && { uri }), ...(folder && { folder }) };
}

/** Where a server of Open Cloud Mesh is. */
export interface OcmPlace {
  /** As hosts are compared, with its port. */
  readonly host: string;
  /** Empty, or the sub-folder in which it lives, such as `/cloud`. */
  readonly path: string;
  /** It is reached over plain http, on trial. */
  readonly isPlain: boolean;
}

/** What was found when a server was asked last. */
export interface OcmFound {
  /** It looks like one that keeps a list of the clouds that it trusts, on which this cloud has to stand. */
  readonly keepsList: boolean;
  /** Tells its keys from others, those of the draft and its set, written as `keyNews` does. */
  readonly key: string | undefined;
  /** When it was found with another key than before, milliseconds. */
  readonly keyChangedAt: number | undefined;
}

const NOTHING_FOUND: OcmFound = { keepsList: false, key: undefined, keyChangedAt: undefined };

/** What a peer is in Open Cloud Mesh. */
export interface OcmTerms extends OcmPlace {
  /** Undefined: as `FOOTBRIDGE_OCM_SIGNATURES` says. */
  readonly signatures: SignatureRule | undefined;
  /** When a signature of it was verified first, milliseconds; undefined while it is not known to sign. */
  readonly signsSince: number | undefined;
  readonly manner: OcmManner;
  /** Its shares need no person's yes. */
  readonly acceptsAlone: boolean;
  /** Secrets are exchanged for tokens with it (open-cloud-mesh.md 9). */
  readonly exchangesTokens: boolean;
  /**
   * What it tells without a signature and without a secret has us look, if it comes from its own address (open-cloud-mesh.md 6).
   */
  readonly legacyNotifications: boolean;
  /** It became known by open federation: no administrator registered it. */
  readonly isMet: boolean;
  readonly found: OcmFound;
}

/** The terms as somebody writes them down; what is absent is as for a server of which nothing is known. */
export type OcmDraft = Partial<Omit<OcmTerms, 'manner'>> & { readonly manner?: MannerDraft };

/** Terms with changes; an address changes as a whole. */
export function changedOcm(before: OcmTerms | undefined, changes: OcmDraft | undefined): OcmDraft | undefined {
  return before === undefined || changes === undefined ? (changes ?? before) : { ...before, ...changes };
}

/** The place at an address. Throws `invalid` for what is none, and for plain http outside of a trial. */
export function readOcmPlace(text: string, allowInsecure: boolean): OcmPlace {
  const parts = /^(?:(https?):\/\/)?([^/?#@\\\s]+)(\/[^?#\\\s]*)?$/i.exec(text.trim());
  const isPlain = parts?.[1]?.toLowerCase() === 'http';
  return checkPlace({ host: parts?.[2] ?? '', path: withoutTrailing(parts?.[3] ?? '', '/'), isPlain }, allowInsecure);
}

/** Checks a draft. Throws `invalid` with a sentence for the administrator. */
export function checkOcm(draft: OcmDraft | undefined, allowInsecure: boolean): OcmTerms | undefined {
  if (draft === undefined) return undefined;
  const { host = '', path = '', isPlain = false, manner = {} } = draft;
  return {
    ...checkPlace({ host, path, isPlain }, allowInsecure),
    signatures: draft.signatures,
    signsSince: draft.signsSince,
    manner: knownManner(manner),
    acceptsAlone: draft.acceptsAlone ?? false,
    exchangesTokens: draft.exchangesTokens ?? false,
    legacyNotifications: draft.legacyNotifications ?? false,
    isMet: draft.isMet ?? false,
    found: draft.found ?? NOTHING_FOUND,
  };
}

/** Where the server is asked what it offers; no slash at its end. */
export function ocmUrl({ host, path, isPlain }: OcmPlace): string {
  return `${isPlain ? 'http' : 'https'}://${host}${path}`;
}

/** True when both are the same server. */
export function isSameServer(a: OcmPlace, b: OcmPlace): boolean {
  return ocmUrl(a) === ocmUrl(b);
}

/** The origin of the server. */
export function ocmOrigin(place: OcmPlace): string {
  return ocmUrl({ ...place, path: '' });
}

function checkPlace(written: OcmPlace, allowInsecure: boolean): OcmPlace {
  const place = knownPlace(written);
  if (place === undefined)
    throw invalid('The address of a server of Open Cloud Mesh looks like https://cloud.example.');
  if (place.isPlain && !allowInsecure) throw invalid('The address of the server must begin with https://.');
  return place;
}

/** Plain segments only: what a server would decode or fold is no name of a sub-folder. */
const SUB_FOLDERS = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){0,8}$/;

/** A place as places are compared, from its parts as somebody wrote them; undefined for what is none. */
export function knownPlace({ host, path, isPlain }: OcmPlace): OcmPlace | undefined {
  const known = /[/?#@\\]/.test(host) ? undefined : hostOf(`${isPlain ? 'http' : 'https'}://${host}`);
  return known === undefined || !SUB_FOLDERS.test(path) ? undefined : { host: known, path, isPlain };
}
