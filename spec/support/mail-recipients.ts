import type { SortedRecipients } from '../../src/federation/index.js';
import { foldEmail, readEmail, type AccountId, type Email } from '../../src/kernel/index.js';

/** Where everybody is reached by e-mail, and by nothing else. */
export const mailRecipients = {
  async sort(_actor: AccountId, entries: readonly string[]): Promise<SortedRecipients> {
    const read = entries.map((entry) => ({ entry, email: readEmail(entry.trim()) }));
    const addresses = new Map<string, Email>();
    for (const { email } of read)
      if (email !== undefined && !addresses.has(foldEmail(email))) addresses.set(foldEmail(email), email);
    const bad = read.filter(({ email }) => email === undefined);
    const refused = bad.map(({ entry }) => `"${entry}" is neither an e-mail address nor an address at a server.`);
    return { addresses: [...addresses.values()], servers: [], refused };
  },
};
