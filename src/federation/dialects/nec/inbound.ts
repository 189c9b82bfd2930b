import type { Fields } from '../../../kernel/index.js';
import type { DecisionMessage } from '../../../shares/index.js';
import { readDecision as read } from '../../cloudspaces/index.js';
import { canonicalGuid } from './wire.js';

/** A callback names a share of ours, so another spelling of its GUID is still that share; foreign names stay opaque. */
export function readDecision(fields: Fields): DecisionMessage {
  const decision = read(fields);
  return { ...decision, shareId: canonicalGuid(decision.shareId) };
}
