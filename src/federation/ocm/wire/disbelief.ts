import { tryForeignJson, type OutboundAnswer } from '../../../platform/index.js';
import { errorNote } from '../shares/answers.js';

/** Nextcloud's words for a message of which it does not believe who has signed it (seen of Nextcloud; open-cloud-mesh.md 14). */
const DISBELIEF = /invalid signature|unsigned request|supposed to sign|not linked to origin|from different instance/i;

/**
 * Whether an answer says that our signature, or its absence, is not believed: by 401 or 403, or by a 400 of Nextcloud, which
 * only its words tell from other 400s. Of a body no more is read than the client takes, and of its words no more than
 * {@link errorNote} keeps.
 */
export function isDisbelieved({ status, body }: Pick<OutboundAnswer, 'status' | 'body'>): boolean {
  return status === 401 || status === 403 || (status === 400 && DISBELIEF.test(errorNote(tryForeignJson(body))));
}
