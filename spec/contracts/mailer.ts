import PostalMime, { type Email as ParsedMail } from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure, parseEmail, type Email } from '../../src/kernel/index.js';
import type { Mail, Mailer } from '../../src/mail/index.js';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly raw: Buffer;
  /** Envelope, where there is one. */
  readonly envelope?: { readonly from: string; readonly to: readonly string[] };
}

/** One adapter under the suite; sends as `no-reply@a.test`, named `Cloud "A", Ltd. ✓`, at 2026-11-21T08:00:00Z. */
export interface MailerHarness {
  readonly mailer: Mailer;
  received(): Promise<readonly ReceivedMail[]>;
  stop(): Promise<void>;
}

/** What each harness gives its mailer. */
export const LETTERHEAD = {
  from: 'no-reply@a.test',
  cloudName: 'Cloud "A", Ltd. ✓',
  clock: { now: () => Date.UTC(2026, 10, 21, 8) },
};

/** What every mailer must do (`Mailer` in src/mail). */
export function describeMailer(name: string, open: () => Promise<MailerHarness>): void {
  describe(name, () => {
    let harness: MailerHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.stop());

    const mail = (changes: Partial<Mail> = {}): Mail => ({
      to: parseEmail('bo@b.test'),
      subject: 'Ana shared “Plans” ✓',
      text: 'Open https://a.test/x?y=1&z=2\n.\n..dots and ümlauts\n',
      html: '<p>Open <a href="https://a.test/x?y=1&amp;z=2">Pläne</a></p>',
      ...changes,
    });

    async function sendAndParse(sent: Mail): Promise<ParsedMail> {
      await harness.mailer.send(sent);
      const [arrived] = await harness.received();
      return PostalMime.parse(arrived?.raw ?? '');
    }

    it('delivers subject, text and html as they were written', async () => {
      const sent = mail();
      const parsed = await sendAndParse(sent);
      expect(parsed.subject).toBe(sent.subject);
      expect(parsed.text?.replaceAll('\r\n', '\n').trim()).toBe(sent.text.trim());
      expect(parsed.html?.trim()).toBe(sent.html);
    });

    it('names the cloud as sender and the recipient bare', async () => {
      const parsed = await sendAndParse(mail());
      expect(parsed.from).toMatchObject({ name: LETTERHEAD.cloudName, address: LETTERHEAD.from });
      expect(parsed.to).toMatchObject([{ name: '', address: 'bo@b.test' }]);
      expect([parsed.cc, parsed.bcc, parsed.replyTo]).toEqual([undefined, undefined, undefined]);
    });

    it('dates by our clock and says that nobody wrote it', async () => {
      const parsed = await sendAndParse(mail());
      expect(Date.parse(parsed.date ?? '')).toBe(LETTERHEAD.clock.now());
      expect(parsed.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
    });

    it('keeps the message id of a repeated mail, and makes different ones otherwise', async () => {
      const messageId = '<share-1@a.test>';
      for (const id of [messageId, messageId, undefined, undefined]) await harness.mailer.send(mail({ messageId: id }));
      const arrived = await harness.received();
      const ids = await Promise.all(arrived.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId));
      expect(ids.filter((id) => id === messageId)).toHaveLength(2);
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(id).toMatch(/^<[^@\s]+@a\.test>$/);
    });

    it('offers mail programs to stop letters like this one by themselves', async () => {
      const stopLink = `https://a.test/letters/${'k3J_-'.repeat(50)}`;
      await harness.mailer.send(mail({ stopLink }));
      const offered = String((await harness.received())[0]?.raw);
      expect(offered).toContain(`\r\nList-Unsubscribe: <${stopLink}>\r\n`);
      expect(offered).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
    });

    it('says nothing of stopping in letters that are needed', async () => {
      await harness.mailer.send(mail());
      expect(String((await harness.received())[0]?.raw)).not.toMatch(/^List-/im);
    });

    it('MAI-01 takes the address as one recipient, whatever signs it holds', async () => {
      for (const address of ["o'hara+tag@b.test", 'a/b=c@xn--bcher-kva.test', '{x}|y~@b.test']) {
        await harness.mailer.send(mail({ to: parseEmail(address) }));
      }
      const arrived = await harness.received();
      const recipients = await Promise.all(arrived.map(async ({ raw }) => (await PostalMime.parse(raw)).to));
      expect(
        recipients
          .flat()
          .map((to) => to?.address)
          .sort(),
      ).toEqual(["o'hara+tag@b.test", 'a/b=c@xn--bcher-kva.test', '{x}|y~@b.test'].sort());
      for (const { envelope } of arrived) expect(envelope?.to.length ?? 1).toBe(1);
    });

    it('MAI-01 refuses control characters in subject, address and message id, and sends nothing', async () => {
      const bad: Partial<Mail>[] = ['\r\nBcc: evil@b.test', '\n', '\0', '\u0085', '\u2028', '\u007f'].flatMap(
        (sign) => [
          { subject: `Hello${sign}` },
          { to: `bo@b.test${sign}` as Email },
          { messageId: `<1${sign}@a.test>` },
        ],
      );
      for (const changes of bad) {
        const error = await harness.mailer.send(mail(changes)).catch((reason: unknown) => reason);
        expect(isFailure(error, 'invalid')).toBe(true);
      }
      expect(await harness.received()).toEqual([]);
    });
  });
}
