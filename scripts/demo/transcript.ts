import { unlessAborted } from './aborting.js';
import type { Hop } from '../../spec/support/web-page.js';

/** One step while it is played. */
export interface Step {
  /** Something that was sent other than by a page, such as a mail or a command. */
  sent(words: string): void;
  /** Something that was seen; the step's evidence. */
  saw(words: string): void;
  /** Ends the step as failed unless `held`; then it is evidence too. */
  check(held: boolean, words: string): void;
}

/** What is printed of the play, step by step. */
export interface Transcript {
  /** Plays one step; after a failed one, the others are only counted. */
  step(title: string, play: (step: Step) => Promise<void>): Promise<void>;
  /** Notes a request of somebody's browser; `who` is a first name. */
  watch(who: string): (hop: Hop) => void;
  /** `11 of 11 steps held` and whether that is all. */
  verdict(): { readonly words: string; readonly held: boolean };
}

/** What a transcript is made with. */
export interface TranscriptOptions {
  /** Where its lines go. */
  readonly say: (line: string) => void;
  /** Names the cloud at an origin. */
  readonly cloudOf: (origin: string) => string;
  /** Aborted when the play must end early: the step being played fails with its reason. */
  readonly signal: AbortSignal;
}

/** A transcript without steps yet. */
export function createTranscript({ say, cloudOf, signal }: TranscriptOptions): Transcript {
  let isBroken = false;
  let [total, held] = [0, 0];
  let lines: string[] = [];
  const note = (kind: string, words: string): void => {
    lines.push(`      ${kind.padEnd(4)}  ${words}`);
  };
  const step: Step = {
    sent: (words) => note('sent', words),
    saw: (words) => note('saw', words),
    check: (isTrue, words) => {
      if (!isTrue) throw new Error(`expected: ${words}`);
      note('saw', words);
    },
  };
  return {
    async step(title, play) {
      total += 1;
      const number = String(total).padStart(2);
      if (isBroken) {
        say(`–  ${number}  ${title} (not played)`);
        return;
      }
      lines = [];
      try {
        await unlessAborted(signal, play(step));
        held += 1;
        say([`✓  ${number}  ${title}`, ...lines].join('\n'));
      } catch (error) {
        isBroken = true;
        note('✗', error instanceof Error ? error.message : String(error));
        say([`✗  ${number}  ${title}`, ...lines].join('\n'));
      }
    },
    watch: (who) => (hop) => {
      if (isTelling(hop)) note('sent', `${who}: ${hop.method} ${addressOf(hop.url, cloudOf)} → ${String(hop.status)}`);
    },
    verdict: () => ({ words: `${String(held)} of ${String(total)} steps held`, held: held === total }),
  };
}

/** Requests that only read one's own files are not printed; changes and requests between clouds are. */
function isTelling({ method, url }: Hop): boolean {
  return method !== 'GET' || /^\/(?:interop|invitations)\/|\/data$/.test(url.pathname);
}

function addressOf({ origin, pathname, search }: URL, cloudOf: (origin: string) => string): string {
  return `${cloudOf(origin)} ${shortened(pathname)}${shortened(search)}`;
}

/** The text without secrets: long words keep their first four letters, signatures are left out. */
export function shortened(text: string): string {
  return text.replace(/[&?]oauth_[^&]*/g, '').replace(/[\w-]{20,}/g, (word) => `${word.slice(0, 4)}…`);
}
