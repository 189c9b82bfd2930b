import { readMailServer } from '../../src/config/mail-settings.js';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure, parseEmail } from '../../src/kernel/index.js';
import { createMailer, EmlMailer, SmtpMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { LETTERHEAD } from '../contracts/mailer.js';

const MAIL = { to: parseEmail('bo@b.test'), subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footbridge-mail-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the folder mailer', () => {
  const mailer = () => new EmlMailer({ ...LETTERHEAD, random: systemRandom, folder: join(folder, 'mail') });

  it('names files by time and chance, readable by their owner only', async () => {
    await mailer().send(MAIL);
    await mailer().send(MAIL);
    const names = await readdir(join(folder, 'mail'));
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name).toMatch(/^2026-11-21T08-00-00\.000Z-[A-Za-z0-9]{12}\.eml$/);
      expect((await stat(join(folder, 'mail', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('is unavailable when the folder cannot be written', async () => {
    await writeFile(join(folder, 'mail'), 'a file in its place');
    const error = await mailer()
      .send(MAIL)
      .catch((reason: unknown) => reason);
    expect(isFailure(error, 'unavailable')).toBe(true);
  });
});

describe('createMailer', () => {
  it('chooses by the setting', () => {
    const options = { ...LETTERHEAD, random: systemRandom, publicHost: 'a.test', folder };
    expect(createMailer({ ...options, server: undefined })).toBeInstanceOf(EmlMailer);
    expect(createMailer({ ...options, server: readMailServer('smtp://localhost:25') })).toBeInstanceOf(SmtpMailer);
  });
});
