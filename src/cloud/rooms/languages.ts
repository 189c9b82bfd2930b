import {
  createCsinteropDialect,
  createNecDialect,
  createOcmDialect,
  createSpecDialect,
  NO_ABILITIES,
  type AddressBook,
  type Dialect,
  type DialectAbilities,
  type OcmDialectInputs,
  type InteropDialect,
  type ResourceAddresses,
  type SignedWire,
} from '../../federation/index.js';
import { Failure } from '../../kernel/index.js';
import type { DialectName, Peer } from '../../peers/index.js';
import type { Foundation } from '../foundation/foundation.js';

/** In which words other clouds are told of agreements: of each peer its own, and of each share those in which it was made. */
export function languagesOver(
  wire: SignedWire,
  resources: Readonly<Record<string, ResourceAddresses>>,
  mesh: OcmDialectInputs,
  base: Foundation,
) {
  const interop = interopOver(wire, resources, base);
  const ocm = createOcmDialect(mesh);
  const dialects: Readonly<Record<string, Dialect>> = { ...interop, ocm };
  return {
    dialectOf: (peer: Peer, dialect: DialectName = peer.dialect): Dialect => spoken(dialects, dialect),
    interopOf: (peer: Peer): InteropDialect => spoken(interop, peer.dialect),
    abilitiesOf: ({ dialect }: Pick<Peer, 'dialect'>): DialectAbilities => dialects[dialect]?.abilities ?? NO_ABILITIES,
    /** The dialects of the clouds that an invitee may pick. */
    chosenFrom: Object.keys(dialects),
  };
}

/** How messages are put, by the name in the peer's record. */
function interopOver(
  wire: SignedWire,
  resources: AddressBook['resources'],
  { webOrigin, storageBase }: Foundation,
): Readonly<Record<string, InteropDialect>> {
  const book: AddressBook = { webOrigin, storageBase, resources };
  return {
    spec: createSpecDialect({ wire, book }),
    csinterop: createCsinteropDialect({ wire, book }),
    nec: createNecDialect({ wire, book }),
  };
}

/** A dialect by its name; `unavailable` for one that this release does not speak. */
function spoken<Spoken>(dialects: Readonly<Record<string, Spoken>>, name: string): Spoken {
  const dialect = dialects[name];
  if (dialect === undefined) throw new Failure('unavailable', `This cloud does not speak ${name} yet.`);
  return dialect;
}
