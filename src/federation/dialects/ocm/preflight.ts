import type { OcmRecord } from '../../ocm/index.js';

/** The facts about a planned share that decide whether the other server would refuse it. */
export interface Planned {
  /** The server, for people to read. */
  readonly host: string;
  /** The share is opened with tokens alone. */
  readonly demandsToken: boolean;
  /** The recipient was met through an invitation. */
  readonly isContact: boolean;
}

/** Why a share is not sent. */
export interface Obstacle {
  /** A sentence for its owner. */
  readonly why: string;
  /** An invitation removes it. */
  readonly mustMeet?: true;
}

/**
 * Why the recipient's server would refuse a share (open-cloud-mesh.md 4.4); undefined when it may be sent. A demand
 * for signatures is no obstacle, since such servers get them.
 */
export function obstacleOf(record: OcmRecord, { host, demandsToken, isContact }: Planned): Obstacle | undefined {
  const demands = (word: string): boolean => record.criteria.includes(word);
  if (demands('must-exchange-token') && !demandsToken)
    return {
      why: `${host} takes only shares that are opened with tokens. An administrator of this cloud can turn that on for it.`,
    };
  if (demandsToken && !record.capabilities.includes('exchange-token'))
    return { why: `Shares with ${host} are to be opened with tokens, and it does not exchange them.` };
  if (demands('must-invite') && !isContact)
    return { why: `${host} takes shares only from people whose invitation its person has accepted.`, mustMeet: true };
  return undefined;
}
