import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** A cloud that hands its mail to `smtpUrl`, or to nobody; with further `settings`. */
async function openOffice(smtpUrl = '', settings: Readonly<Record<string, string>> = {}): Promise<PostOffice> {
  const folder = await mkdtemp(path.join(tmpdir(), 'post-'));
  const clock = createHandClock();
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const config = readConfig({ FOOTBRIDGE_DATA_DIR: folder, FOOTBRIDGE_SMTP_URL: smtpUrl, ...settings });
  const cloud = await openCloud(config, { clock, log });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true });
  });
  const {
    base: { database },
    deliveries: { queueLetter },
  } = cloud.services;
  const letter = {
    letter: 'address-code',
    to: BO.email,
    data: { code: '12345678', askerName: BO.name, askerEmail: BO.email },
  };
  return { cloud, clock, lines, write: () => database.write((trx) => queueLetter(trx, letter)) };
}

async function openServer(options: SMTPServerOptions): Promise<Mailbox> {
  const mailbox = await openMailbox(options);
  onTestFinished(() => mailbox.stop());
  return mailbox;
}

/** A mail server's no to whatever recipient. */
const refusing = (responseCode: number): Promise<Mailbox> =>
  openServer({ onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });

/** What the office has and the system does not know: a server's certificate, and the authority that gave it. */
const OFFICE = {
  key: readFileSync(new URL('../fixtures/tls/office.key.pem', import.meta.url)),
  cert: readFileSync(new URL('../fixtures/tls/office.cert.pem', import.meta.url)),
  ca: fileURLToPath(new URL('../fixtures/tls/office-ca.cert.pem', import.meta.url)),
};

/** A mail server as it stands in offices: STARTTLS with a certificate of the office's own authority. */
function officeServer(options: SMTPServerOptions = {}): Promise<Mailbox> {
  return openServer({ disabledCommands: [], key: OFFICE.key, cert: OFFICE.cert, ...options });
}

/** The same server by an address that is not loopback to us, and that its certificate names. */
const fromElsewhere = ({ port }: Mailbox): string => `smtp://0.0.0.0:${String(port)}`;

describe('mail as it is in real offices', () => {
  it('reaches a server on loopback whose certificate nobody vouches for, over TLS (F-49)', async () => {
    const secured: boolean[] = [];
    const server = await officeServer({
      onMailFrom: (_address, session, done) => {
        secured.push(session.secure);
        done();
      },
    });
    const { cloud, write } = await openOffice(server.url);
    await write();
    await cloud.drain();
    expect([server.received.length, secured]).toEqual([1, [true]]);
  });

  it('reaches a server elsewhere with a private authority if that is trusted, and not otherwise (F-49)', async () => {
    const server = await officeServer();
    const strict = await openOffice(fromElsewhere(server));
    await strict.write();
    await strict.cloud.drain();
    expect(server.received).toEqual([]);
    expect(strict.lines.join()).toContain('certificate');
    const trusting = await openOffice(fromElsewhere(server), { FOOTBRIDGE_SMTP_CA: OFFICE.ca });
    await trusting.write();
    await trusting.cloud.drain();
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['https://cloud.example:8443', 'cloud.example'],
    ['http://localhost:4000', 'localhost'],
    ['http://127.0.0.1:4000', '[127.0.0.1]'],
    ['http://[::1]:4000', '[IPv6:::1]'],
  ])('greets as the public host of %s: %s (F-49)', async (publicUrl, name) => {
    const greetings: string[] = [];
    const server = await openServer({
      onMailFrom: (_address, session, done) => {
        greetings.push(session.hostNameAppearsAs);
        done();
      },
    });
    const { cloud, write } = await openOffice(server.url, { FOOTBRIDGE_PUBLIC_URL: publicUrl });
    await write();
    await cloud.drain();
    // The test's server folds names.
    expect(greetings).toEqual([name.toLowerCase()]);
  });

  it('logs what a mail server puts off as a warning without a stack (F-49)', async () => {
    const { cloud, lines, write } = await openOffice((await refusing(451)).url);
    await write();
    await cloud.drain();
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.filter(({ level }) => Number(level) >= 50 || level === 'error')).toEqual([]);
    expect(lines.join()).toContain('a message could not be sent this time');
    expect(lines.join()).toContain('451');
    expect(lines.join()).not.toMatch(/"stack"|\n[ \t]+at /);
  });
});

describe('the post', () => {
  it('DLV-05 does not send again what the mail server has refused for good', async () => {
    const { cloud, write } = await openOffice((await refusing(550)).url);
    await write();
    await cloud.drain();
    expect(await cloud.services.deliveries.outbox.failed()).toMatchObject([{ kind: 'mail', attempts: 1 }]);
  });

  it('DLV-01 gives up after five days what the mail server keeps putting off', async () => {
    const { cloud, clock, write } = await openOffice((await refusing(451)).url);
    await write();
    await cloud.drain();
    clock.advance(5 * DAY - HOUR);
    await cloud.drain();
    expect(await cloud.services.deliveries.outbox.failed()).toEqual([]);
    clock.advance(HOUR);
    await cloud.drain();
    expect(await cloud.services.deliveries.outbox.failed()).toMatchObject([{ kind: 'mail', attempts: 2 }]);
  });

  it('DLV-06 parks a stored message that does not carry what its kind carries, and says where it does not fit', async () => {
    const { cloud } = await openOffice((await refusing(550)).url);
    const { base, deliveries } = cloud.services;
    const payload = { letter: 'address-code', to: BO.email, data: { code: 12345678 } };
    await base.database.write((trx) => deliveries.outbox.enqueue(trx, { kind: 'mail', lane: 'mail:odd', payload }));
    await cloud.drain();
    const note = 'The stored mail message is not one that this release can send: data.code does not fit.';
    expect(await deliveries.outbox.failed()).toMatchObject([{ lane: 'mail:odd', attempts: 1, lastAnswer: note }]);
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
