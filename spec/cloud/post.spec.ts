import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SMTPServerOptions } from 'smtp-server';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { DAY, HOUR } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { openMailbox, type Mailbox } from '../mail/mailbox.js';
import { BO, createHandClock, type HandClock } from '../support/seeds.js';

interface PostOffice {
  readonly cloud: Cloud;
  readonly clock: HandClock;
  readonly lines: readonly string[];
  /** Queues a mail to Bo. */
  write(): Promise<void>;
}

/** A cloud that hands its mail to `smtpUrl`, or to nobody. */
async function openOffice(smtpUrl = ''): Promise<PostOffice> {
  const folder = await mkdtemp(path.join(tmpdir(), 'post-'));
  const clock = createHandClock();
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const config = readConfig({ FOOTBRIDGE_DATA_DIR: folder, FOOTBRIDGE_SMTP_URL: smtpUrl });
  const cloud = await openCloud(config, { clock, log });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true });
  });
  const { database, post } = cloud.services;
  const letter = { letter: 'address-code', to: BO.email, data: { code: '12345678' } };
  return { cloud, clock, lines, write: () => database.write((trx) => post(trx, letter)) };
}

async function openServer(options: SMTPServerOptions): Promise<Mailbox> {
  const mailbox = await openMailbox(options);
  onTestFinished(() => mailbox.stop());
  return mailbox;
}

/** A mail server's no to whatever recipient. */
const refusing = (responseCode: number): Promise<Mailbox> =>
  openServer({ onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });

describe('the post', () => {
  it('DLV-05 does not send again what the mail server has refused for good', async () => {
    const { cloud, write } = await openOffice((await refusing(550)).url);
    await write();
    await cloud.drain();
    expect(await cloud.services.outbox.failed()).toMatchObject([{ kind: 'mail', attempts: 1 }]);
  });

  it('DLV-01 gives up after five days what the mail server keeps putting off', async () => {
    const { cloud, clock, write } = await openOffice((await refusing(451)).url);
    await write();
    await cloud.drain();
    clock.advance(5 * DAY - HOUR);
    await cloud.drain();
    expect(await cloud.services.outbox.failed()).toEqual([]);
    clock.advance(HOUR);
    await cloud.drain();
    expect(await cloud.services.outbox.failed()).toMatchObject([{ kind: 'mail', attempts: 2 }]);
  });

  it('K10 sends a mail again under the same name, so that mailboxes show it once', async () => {
    const names: string[] = [];
    const server = await openServer({
      onData(stream, _session, done) {
        void stream.toArray().then((pieces: unknown) => {
          const [, name = ''] = /^Message-ID: (.*)\r$/im.exec(Buffer.concat(pieces as Buffer[]).toString()) ?? [];
          done(names.push(name) < 2 ? Object.assign(new Error('later'), { responseCode: 451 }) : undefined);
        });
      },
    });
    const { cloud, clock, write } = await openOffice(server.url);
    await write();
    await write();
    await cloud.drain();
    clock.advance(HOUR);
    await cloud.drain();
    expect(names).toHaveLength(3);
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toMatch(/^<[\w.]+@localhost>$/);
  });

  it('says in the log when there is no mail server', async () => {
    const without = await openOffice();
    expect(without.lines.join()).toContain('FOOTBRIDGE_SMTP_URL');
    const beside = await openOffice((await refusing(550)).url);
    expect(beside.lines.join()).not.toContain('FOOTBRIDGE_SMTP_URL');
  });
});
