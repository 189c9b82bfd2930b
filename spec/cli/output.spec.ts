import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { consoleOutput } from '../../src/cli/context/output.js';

describe('what commands print (F-32)', () => {
  const printed: string[] = [];

  beforeEach(() => {
    vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  });
  afterEach(() => printed.splice(0));

  const steering = 'red\u001b[31m\u009b2J\u202efdp\n.exe';

  it('steers no terminal and turns no line, whatever something is called', () => {
    consoleOutput.say(`“${steering}” has ended.`);
    consoleOutput.table([{ name: steering, kind: 'file' }], '');
    expect(printed).toEqual([
      '“red⟨U+001B⟩[31m⟨U+009B⟩2J⟨U+202E⟩fdp⟨U+000A⟩.exe” has ended.',
      `${'name'.padEnd(48)}  kind`,
      'red⟨U+001B⟩[31m⟨U+009B⟩2J⟨U+202E⟩fdp⟨U+000A⟩.exe  file',
    ]);
  });

  it('leaves our own lines as they are, and tells names apart that differ by blanks', () => {
    consoleOutput.say('  consumer key     abc');
    consoleOutput.table([{ name: 'a ' }, { name: 'a' }], '');
    consoleOutput.table([], 'There are none.');
    expect(printed).toEqual(['  consumer key     abc', 'name', 'a␣', 'a', 'There are none.']);
  });

  it('is the same JSON for scripts', () => {
    consoleOutput.json({ name: steering, tag: '\u{e0067}', words: 'Ana & Bö' });
    expect(printed[0]).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(printed[0]).toContain('Ana & Bö');
    expect(JSON.parse(printed[0] ?? '')).toEqual({ name: steering, tag: '\u{e0067}', words: 'Ana & Bö' });
  });
});
