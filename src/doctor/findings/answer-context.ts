import { spanWords } from './finding.js';

/** What the words about an attempt depend on. */
export interface AnswerContext {
  /** The other cloud's name. */
  readonly peer: string;
  readonly clockAhead: number;
  readonly shareId: string;
  /** What was asked of a server of Open Cloud Mesh: a signed message, or files, by the share's secret. Undefined for other clouds. */
  readonly mesh?: 'message' | 'files' | undefined;
}

/** What is said of an attempt, and what can be done. `by time`: probably a retry succeeds without any action. */
export type AnswerWording = (
  context: AnswerContext,
) => readonly [sentence: string, advice: string, mendsItself?: 'by time'];

/** Words for a cloud whose clock is another one than ours; `more`: a sentence with a blank behind it, about what else it may be. */
export function clockRefused(
  { peer, clockAhead, shareId }: Pick<AnswerContext, 'peer' | 'clockAhead' | 'shareId'>,
  more = '',
): ReturnType<AnswerWording> {
  const side = clockAhead > 0 ? 'ahead of' : 'behind';
  return [
    `The clock of ${peer} is ${spanWords(clockAhead)} ${side} ours, so it refuses what we sign.`,
    `Set both clocks by NTP. ${more}Then: share retry ${shareId}.`,
  ];
}
