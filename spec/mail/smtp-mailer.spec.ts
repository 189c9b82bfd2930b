import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isFailure, parseEmail, type Failure } from '../../src/kernel/index.js';
import { readMailServer } from '../../src/config/mail-settings.js';
import { SmtpMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { LETTERHEAD } from '../contracts/mailer.js';
import { openMailbox, type Mailbox } from './mailbox.js';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function mailbox(options?: Parameters<typeof openMailbox>[0]): Promise<Mailbox> {
  const opened = await openMailbox(options);
  stops.push(() => opened.stop());
  return opened;
}

const MAIL = { to: parseEmail('bo@b.test'), subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };
const send = (smtpUrl: string, limits = {}) =>
  new SmtpMailer({
    ...LETTERHEAD,
    random: systemRandom,
    publicHost: 'a.test',
    server: readMailServer(smtpUrl),
    limits,
  }).send(MAIL);

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

const reply = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

describe('the SMTP mailer', () => {
  it('MAI-01 puts exactly the stored address and our own into the envelope', async () => {
    const box = await mailbox();
    await send(box.url);
    expect(box.received[0]?.envelope).toEqual({ from: 'no-reply@a.test', to: ['bo@b.test'] });
  });

  it('logs in with the decoded user and password of the setting', async () => {
    let seen = '';
    const box = await mailbox({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        seen = `${String(auth.username)} ${String(auth.password)}`;
        done(null, { user: 'ana' });
      },
    });
    await send(`smtp://ana%40a.test:p%3Ass%2Fw@127.0.0.1:${String(box.port)}`);
    expect(seen).toBe('ana@a.test p:ss/w');
    expect(box.received).toHaveLength(1);
  });

  it('calls a recipient refused for good invalid, and one refused for now unavailable', async () => {
    for (const [status, code] of [
      [550, 'invalid'],
      [553, 'invalid'],
      [450, 'unavailable'],
      [452, 'unavailable'],
    ] as const) {
      const box = await mailbox({
        onRcptTo: (_address, _session, done) => {
          done(reply(status));
        },
      });
      expect([status, (await failureOf(send(box.url))).code]).toEqual([status, code]);
    }
  });

  it('calls a message refused for good invalid, and one refused for now unavailable', async () => {
    for (const [status, code] of [
      [554, 'invalid'],
      [451, 'unavailable'],
    ] as const) {
      const box = await mailbox({
        onData: (stream, _session, done) => {
          stream.resume().on('end', () => {
            done(reply(status));
          });
        },
      });
      expect([status, (await failureOf(send(box.url))).code]).toEqual([status, code]);
    }
  });

  it('does not blame the recipient when the sender or the login is refused', async () => {
    const sender = await mailbox({
      onMailFrom: (_address, _session, done) => {
        done(reply(550));
      },
    });
    expect((await failureOf(send(sender.url))).code).toBe('unavailable');
    const login = await mailbox({
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => {
        done(reply(535));
      },
    });
    const failure = await failureOf(send(`smtp://ana:marker-password@127.0.0.1:${String(login.port)}`));
    expect(failure.code).toBe('unavailable');
    expect(`${failure.message} ${String(failure.detail)}`).not.toContain('marker-password');
  });

  it('is unavailable while the server is down, hangs up or says nothing', async () => {
    const down = await openMailbox();
    await down.stop();
    expect((await failureOf(send(down.url))).code).toBe('unavailable');
    for (const behave of ['hang up', 'silent'] as const) {
      const server = createServer((socket) => (behave === 'hang up' ? socket.end() : socket.resume()));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      stops.push(() => new Promise((resolve) => server.close(resolve)));
      const { port } = server.address() as AddressInfo;
      const failure = await failureOf(send(`smtp://127.0.0.1:${String(port)}`, { greeting: 100 }));
      expect(failure.code).toBe('unavailable');
    }
  });
});
