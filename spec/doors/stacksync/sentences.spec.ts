import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/federation/storage-apis/stacksync-v2/refusals.js';
import * as sentences from '../../../src/doors/stacksync/wire/sentences.js';
import { Failure } from '../../../src/kernel/index.js';

const { SENTENCES, sentenceOf, ...others } = sentences;
const byReason = Object.entries(SENTENCES);

describe('the sentences that clients of the storage API compare', () => {
  it.each(byReason)('%s is read back from another cloud as what it is', (reason, sentence) => {
    // Nobody ends a share through a mount.
    if (reason === 'not-shared') return;
    const read = failureOf({ status: 400, headers: {}, text: `${sentence}\n` }, 'write');
    expect(read.reason).toBe(reason);
    expect(sentenceOf(read)).toBe(sentence);
  });

  it('are those of the contract, to the byte', async () => {
    const contract = await readFile(new URL('../../../docs/contracts/stacksync-api-v2.md', import.meta.url), 'utf8');
    const ours: string[] = [SENTENCES['into-itself'], sentences.BAD_FOLDER_NAME];
    for (const sentence of [...Object.values(SENTENCES), ...Object.values(others)]) {
      if (!ours.includes(sentence)) expect(contract).toContain(`\`${sentence}\``);
    }
  });

  it('are said whatever words the refusal brings, and only where they are owed', () => {
    expect(sentenceOf(new Failure('invalid', 'In other words.', { reason: 'name-taken' }))).toMatch(
      /different one\. $/,
    );
    expect(sentenceOf(new Failure('unavailable', 'It rests.', { reason: 'key-refused' }))).toBe('It rests.');
    expect(sentenceOf(new Failure('invalid', 'Something else.'))).toBe('Something else.');
  });
});
