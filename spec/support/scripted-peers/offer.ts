import type { Invitation, Received } from './peer.js';
import { valueOf, type Pairs } from './server.js';

/** The fields of a proposal in the order in which the references look for them (cloudspaces-interop.md 3). */
export const OFFER_FIELDS = [
  ...['share_id', 'resource_url', 'owner_name', 'owner_email'],
  ...['folder_name', 'permission', 'recipient', 'callback'],
];

/** What a proposal says beside what its owner asked for. */
export interface OfferTerms {
  readonly shareId: string;
  readonly resourceUrl: string;
  readonly callback: string;
  readonly owner: string;
  /** What this make calls the shared thing's name. */
  readonly nameField: 'folder_name' | 'resource_name';
}

/** A proposal on the wire. */
export function offerFields({ name, permission, recipient }: Invitation, terms: OfferTerms): Pairs {
  const { owner } = terms;
  return [
    ['share_id', terms.shareId],
    ['resource_url', terms.resourceUrl],
    ['owner_name', owner],
    ['owner_email', `${owner.toLowerCase().replace(' ', '.')}@elsewhere.example`],
    [terms.nameField, name],
    ['permission', permission],
    ['recipient', recipient],
    ['callback', terms.callback],
  ];
}

/** A proposal as its receiver files it. */
export function readOffer(fields: Pairs, nameField: OfferTerms['nameField'] = 'folder_name'): Received {
  const text = (name: string): string => valueOf(fields, name) ?? '';
  return {
    shareId: text('share_id'),
    resourceUrl: text('resource_url'),
    folderName: text(nameField),
    permission: text('permission').toLowerCase(),
    recipient: text('recipient'),
    callback: text('callback'),
    status: 'PENDING',
  };
}

/** The first field that a proposal lacks. */
export function missingIn(fields: Pairs, names: readonly string[]): string | undefined {
  return names.find((name) => (valueOf(fields, name) ?? '') === '');
}

/** Fields with the values of some replaced. */
export function changed(fields: Pairs, changes: Readonly<Record<string, string>>): Pairs {
  return fields.map(([name, value]) => [name, changes[name] ?? value] as const);
}
