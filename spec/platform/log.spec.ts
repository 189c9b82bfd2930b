import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/kernel/index.js';
import { createLog, type Log, type LogLevel } from '../../src/platform/index.js';

const MARKER = 'marker-of-a-secret';

function logInto(level: LogLevel = 'trace'): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line) => void lines.push(line) }) };
}

describe('the log', () => {
  it('writes one line of JSON per event without naming the machine', () => {
    const { log, lines } = logInto();
    log.info({ route: '/v1/file/:id', status: 200 }, 'answered');
    expect(lines).toHaveLength(1);
    const entry = JSON.parse(lines[0] ?? '') as object;
    expect(entry).toMatchObject({ level: 30, route: '/v1/file/:id', status: 200, msg: 'answered' });
    expect(entry).not.toHaveProperty('hostname');
    expect(entry).not.toHaveProperty('pid');
  });

  it('writes what is at its level or above', () => {
    const { log, lines } = logInto('warn');
    log.info('no');
    log.warn('yes');
    expect(lines).toHaveLength(1);
    const silent = logInto('silent');
    silent.log.fatal('no');
    expect(silent.lines).toEqual([]);
  });

  it.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)(
    'SEC-02 shows no credential in an event, whatever its spelling and depth, at level %s',
    (level) => {
      const { log, lines } = logInto();
      for (const name of ['authorization', 'Cookie', 'password', 'secret', 'token', 'set-cookie', 'tokenSecret']) {
        log[level]({ [name]: MARKER });
        log[level]({ request: { method: 'GET', headers: { [name]: [MARKER] } } });
        log[level]({ all: [{ [name]: { value: MARKER } }] });
      }
      log[level]({ fields: { oauth_signature: MARKER, oauth_verifier: MARKER, oauth_nonce: 'n' } }, 'asked');
      expect(lines).toHaveLength(22);
      expect(lines.join('')).not.toContain(MARKER);
      expect(lines.join('')).toContain('GET');
    },
  );

  it('SEC-02 shows no credential that a child log carries', () => {
    const { log, lines } = logInto();
    log.child({ room: 'peers', token: MARKER, secret: { value: MARKER } }).info('asked');
    expect(lines[0]).toContain('"room":"peers"');
    expect(lines[0]).not.toContain(MARKER);
  });

  it('SEC-02 stops at deep and circular things', () => {
    const { log, lines } = logInto();
    const loop: Record<string, unknown> = { token: MARKER };
    loop['self'] = loop;
    log.info({ loop });
    expect(lines[0]).toContain('[deeper]');
    expect(lines[0]).not.toContain(MARKER);
  });

  it('tells errors with their cause, and dates and URLs as they are', () => {
    const { log, lines } = logInto();
    const error = new Failure('internal', 'Broken.', { detail: 'row 7', cause: new Error('disk is gone') });
    log.error({ err: error, at: new Date(0), url: new URL('https://birch.example/') }, 'failed');
    expect(lines[0]).toContain('disk is gone');
    expect(lines[0]).toContain('"detail":"row 7"');
    expect(lines[0]).toContain('"at":"1970-01-01T00:00:00.000Z"');
    expect(lines[0]).toContain('"url":"https://birch.example/"');
  });

  it('changes nothing in what it is given', () => {
    const { log } = logInto();
    const event = { headers: { cookie: MARKER } };
    log.info(event);
    expect(event).toEqual({ headers: { cookie: MARKER } });
  });
});
