import { createPerson, type Identity, type Person } from '../../spec/support/person.js';
import { ANA, BO } from './people.js';
import type { Town } from './town.js';
import type { Transcript } from './transcript.js';

/** Everything that the steps of the play work with. */
export interface Stage {
  readonly town: Town;
  readonly transcript: Transcript;
  readonly ana: Person;
  readonly bo: Person;
}

/** Puts both people on stage; what their browsers send goes into the transcript. */
export function createStage(town: Town, transcript: Transcript): Stage {
  const actor = (identity: Identity): Person => {
    const [first = ''] = identity.name.split(' ');
    return createPerson(identity, { watch: transcript.watch(first) });
  };
  return { town, transcript, ana: actor(ANA), bo: actor(BO) };
}
