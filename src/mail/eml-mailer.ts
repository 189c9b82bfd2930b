import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import MailComposer from 'nodemailer/lib/mail-composer';
import { Failure, randomWord, rfc3339 } from '../kernel/index.js';
import type { Mail, Mailer } from './mailer.js';
import { composeMail, type Letterhead } from './message.js';

/** Writes each mail as an `.eml` file into a folder, for clouds without a mail server (product.md, settings). */
export class EmlMailer implements Mailer {
  readonly #letterhead: Letterhead;
  readonly #folder: string;

  constructor(options: Letterhead & { readonly folder: string }) {
    this.#letterhead = options;
    this.#folder = options.folder;
  }

  async send(mail: Mail): Promise<void> {
    const message = await new MailComposer(composeMail(mail, this.#letterhead)).compile().build();
    try {
      await this.#write(message);
    } catch (error) {
      throw new Failure('unavailable', 'Mail cannot be written at the moment.', {
        detail: String(error),
        cause: error,
      });
    }
  }

  /** Writes under a hidden name first, so that programs that watch the folder see complete mails only. */
  async #write(message: Buffer): Promise<void> {
    const name = `${fileTime(this.#letterhead.clock.now())}-${randomWord(this.#letterhead.random, 12)}.eml`;
    const draft = join(this.#folder, `.${name}`);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    try {
      await writeNew(draft, message);
      await rename(draft, join(this.#folder, name));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

async function writeNew(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The time without colons, which not every file system takes (PTH-05). */
function fileTime(at: number): string {
  return rfc3339(at).replaceAll(':', '-');
}
