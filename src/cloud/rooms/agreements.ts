import type { Recipients } from '../../federation/index.js';
import type { AccountId } from '../../kernel/index.js';
import {
  AnswersAbroad,
  Changing,
  Decisions,
  Giving,
  Invitations,
  Inviting,
  Leaving,
  OfferingAbroad,
  type OfferingAbroadInputs,
  OwnOffers,
  Proposals,
  ShareLists,
  Sharing,
  WishedClouds,
} from '../../shares/index.js';
import type { Foundation } from '../foundation/foundation.js';
import { furnishContacts, furnishIntroductions } from './contacts.js';
import type { FileRooms } from './files.js';
import type { NeighbourRooms } from './neighbours.js';
import type { OcmRooms } from './ocm.js';
import type { PeopleRooms } from './people.js';
import { furnishRecipients } from './recipients.js';
import type { DeliveryRooms } from './deliveries.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly deliveries: DeliveryRooms;
  readonly shares: ShareRooms;
  readonly people: PeopleRooms;
  readonly ocm: OcmRooms;
  readonly neighbours: NeighbourRooms;
  readonly files: FileRooms;
}

/** How agreements are made: offered and chosen here as the origin, received and answered here as the destination. */
export function furnishAgreements(base: Foundation, below: Below) {
  const { outgoing, incoming, origin, destination } = below.shares;
  const { accounts, addresses } = below.people;
  const { tree } = below.files;
  const addressesOf = (accountId: AccountId): Promise<readonly string[]> =>
    addresses.provenFolded(base.database.read, accountId);
  const leaving = new Leaving({ tree, incoming, destination, ...base });
  const shareLists = new ShareLists({ outgoing, incoming, addressesOf, ...base });
  const recipients = furnishRecipients(base, below);
  const offering = furnishOffering(base, below, recipients);
  const contacts = furnishContacts(base, below, offering.offeringAbroad);
  return {
    leaving,
    shareLists,
    answersAbroad: offering.answersAbroad,
    changing: offering.changing,
    decisions: offering.decisions,
    invitations: offering.invitations,
    inviting: offering.inviting,
    ownOffers: offering.ownOffers,
    wishedClouds: offering.wishedClouds,
    sharing: new Sharing({
      accounts,
      addressesOf,
      tree,
      outgoing,
      incoming,
      origin,
      leave: (actor, folderId) => leaving.leave(actor, folderId),
      lists: shareLists,
      inviting: offering.inviting,
      giving: offering.giving,
      ...base,
    }),
    proposals: furnishProposals(base, below),
    contacts,
    introductions: furnishIntroductions(base, contacts, offering.invitations),
    recipients,
  };
}

/** What the destination does with offers. */
function furnishProposals(base: Foundation, { shares, people, neighbours }: Below): Proposals {
  const { outgoing, incoming, destination, notices, tombstones } = shares;
  const { dialectOf, interopOf, peerById } = neighbours;
  const { addresses } = people;
  return new Proposals({
    incoming,
    outgoing,
    destination,
    notices,
    tombstones,
    peerById,
    ownsAddress: async (q, accountId, folded) => (await addresses.provenFolded(q, accountId)).includes(folded),
    decisionUrl: (peer, share, callback, decision) =>
      dialectOf(peer, share.dialect).decisionUrl(peer, callback, decision),
    sealGrant: (incomingId, credentials) => shares.receiving.sealed(incomingId, credentials),
    readResource: (peer, resourceUrl) => interopOf(peer).readResource(peer, resourceUrl),
    ...base,
  });
}

/** What the origin does: invitations and their choices, who is given what, and answers. */
function furnishOffering(
  base: Foundation,
  { deliveries: { queueLetter }, shares, people, neighbours, files }: Below,
  recipients: Recipients,
) {
  const { outgoing, origin, grants, events, notices } = shares;
  const { accounts } = people;
  const { tree, folderName } = files;
  const wishedClouds: WishedClouds = new WishedClouds({
    queueLetter,
    accounts,
    outgoing,
    awaiting: (q, token) => invitations.awaiting(q, token),
    ...base,
  });
  const ownOffers = new OwnOffers({ accounts, folderName, ...base });
  const invitations: Invitations = new Invitations({
    outgoing,
    origin,
    accounts,
    folderName,
    peers: neighbours.offered,
    wished: (q, outgoingId) => wishedClouds.of(q, outgoingId),
    addressAt: (ownerId, peer, typed) => recipients.addressAt(ownerId, peer, typed),
    reach: base.config.ocm.isOpen ? (share, typed) => recipients.reach(share, typed) : undefined,
    ownOffers,
    present: (peer, offer, dialect) => neighbours.dialectOf(peer, dialect).sendOffer(peer, offer),
    ...base,
  });
  const inviting = new Inviting({ accounts, tree, outgoing, events, invitations, queueLetter, ...base });
  const changing = new Changing({ accounts, outgoing, origin, grants, events, notices, folderName, ...base });
  const offeringAbroad = furnishAbroad(base, neighbours, { outgoing, inviting, ownOffers, origin });
  const giving = new Giving({ outgoing, inviting, offeringAbroad, changing, notices, ...base });
  const answersAbroad = new AnswersAbroad({ outgoing, origin, events, ...base });
  const decisions = new Decisions({ outgoing, origin, events, folderName, ...base });
  return { ownOffers, wishedClouds, invitations, inviting, changing, giving, decisions, answersAbroad, offeringAbroad };
}

/** How shares are offered by address. */
function furnishAbroad(
  base: Foundation,
  { peers }: NeighbourRooms,
  parts: Pick<OfferingAbroadInputs, 'outgoing' | 'inviting' | 'ownOffers' | 'origin'>,
): OfferingAbroad {
  const { outgoing, inviting, ownOffers, origin } = parts;
  return new OfferingAbroad({
    outgoing,
    inviting,
    ownOffers,
    origin,
    peerById: (id, q) => peers.byId(id, q),
    peerAt: (host, q) => peers.byOcmHost(host, q),
    ...base,
  });
}

export type AgreementRooms = ReturnType<typeof furnishAgreements>;
