import { describe, expect, it } from 'vitest';
import { diagnose, historyForPeople, type HalfFacts, type Finding } from '../../src/doctor/index.js';
import { DAY, HOUR, MINUTE } from '../../src/kernel/index.js';
import { failed, failing, incomingCase, NOW, outgoingCase } from './cases.js';

const told = ({ code, grade, sentence, advice }: Finding): string => `[${grade}] ${code}: ${sentence} → ${advice}`;

/** A server with which nothing is wrong. */
const MESH = { keyChangedAt: undefined, isMet: false, notes: [] };

/** Everything that is said beside how the share stands. */
const besides = (facts: HalfFacts): string[] => diagnose(facts).slice(1).map(told);

const stands = (facts: HalfFacts): string | undefined => diagnose(facts).slice(0, 1).map(told)[0];

describe('OPS-08 what keeps a message from the other cloud', () => {
  const NO_KEY = 'Birch has not got the key to the folder.';

  it.each([
    [
      'the peer is down',
      'ECONNREFUSED: connect ECONNREFUSED 192.0.2.7:443',
      '[trouble] unreachable: %s Birch cannot be reached. → Check that Birch is running and that this machine can reach its address. It is tried again by itself.',
    ],
    [
      'the connection breaks',
      'UND_ERR_SOCKET: other side closed',
      '[trouble] unreachable: %s Birch cannot be reached. → Check that Birch is running and that this machine can reach its address. It is tried again by itself.',
    ],
    [
      'its name is unknown',
      'ENOTFOUND: getaddrinfo ENOTFOUND birch.example',
      '[trouble] name-unknown: %s The name in the address of Birch is not known. → Check the spelling of its addresses (peer list) and the name service of this machine. It is tried again by itself.',
    ],
    [
      'its address is one that we may not call',
      'refused: 10.0.0.7 is a private address',
      '[trouble] address-refused: %s This cloud does not call the address of Birch. → It is private, not https, or not among the origins of the peer. If that is right, allow it (FOOTBRIDGE_PEER_EXCEPTIONS, peer set … --origin …); if not, correct the addresses of the peer.',
    ],
    [
      'it takes the connection and says nothing (PEER-01)',
      'headers',
      '[trouble] silent: %s Birch does not answer in time. → Something there takes the connection and then says nothing, or a firewall swallows it. Ask the administrator of Birch. It is tried again by itself.',
    ],
    [
      'packets are swallowed (PEER-01)',
      'connect',
      '[trouble] silent: %s Birch does not answer in time. → Something there takes the connection and then says nothing, or a firewall swallows it. Ask the administrator of Birch. It is tried again by itself.',
    ],
    [
      'its certificate has expired',
      'CERT_HAS_EXPIRED: certificate has expired',
      '[trouble] tls-trouble: %s No secure connection to Birch can be made. → Its certificate has expired, is for another name or lacks its chain: ask the administrator of Birch to mend it. Nothing is sent before. It is tried again by itself.',
    ],
    [
      'it asks for patience (429 with Retry-After)',
      'answered 429',
      '[trouble] asks-for-patience: %s Birch asks us to come back later. → It is busy, starting, or limits how often it is called. Its wish is obeyed up to an hour. If this lasts, ask the administrator of Birch. It is tried again by itself.',
    ],
    [
      'it rests (503)',
      'answered 503',
      '[trouble] asks-for-patience: %s Birch asks us to come back later. → It is busy, starting, or limits how often it is called. Its wish is obeyed up to an hour. If this lasts, ask the administrator of Birch. It is tried again by itself.',
    ],
    [
      'it has an error (500)',
      'answered 500',
      '[trouble] internal-error: %s Birch has an error of its own. → The administrator of Birch finds the reason in its log. It is tried again by itself.',
    ],
    [
      'our keys are wrong (401)',
      'answered 401',
      '[trouble] signature-refused: %s Birch does not accept our signature. → The keys that it issued to us are wrong or were changed there. Exchange them anew (peer rotate at Birch, or peer join or peer set … --consumer-key … here), then: share retry s1.',
    ],
    [
      'it does not believe our signature and says 400 (Nextcloud)',
      'answered 400: our signature was not believed',
      '[trouble] disbelieved: %s Birch does not believe that our message is from this cloud. → Compare the clocks, and the address of this cloud with the one that Birch has recorded. Behind a proxy a Nextcloud needs its own address in its settings (overwrite.cli.url, overwritehost). Then: share retry s1.',
    ],
    [
      'it is half started (404)',
      'answered 404',
      '[trouble] unknown-there: %s Birch does not know this share. → A cloud that is just starting says so too. If it lasts, check the addresses of the peer, or ask the administrator of Birch whether it was restored from a backup. After an hour of this answer the share ends.',
    ],
    [
      'it moved (3xx)',
      'answered 308',
      '[trouble] redirected: %s Birch points to another address, which is not followed. → It has probably moved: keys never travel to an address that was not agreed. Correct its addresses (peer set), then: share retry s1.',
    ],
    [
      'it refuses otherwise (403)',
      'answered 403',
      '[trouble] refused: %s Birch refuses our message. → Ask its administrator whether this cloud is blocked there, and check its addresses. Then: share retry s1.',
    ],
    [
      'our keys are missing',
      'The keys that Birch issued to this cloud are not recorded yet.',
      '[trouble] no-keys: %s The keys with which this cloud signs to Birch are not recorded. → Record those that Birch issued to us (peer set … --consumer-key … --consumer-secret …), or join the clouds (peer join). Then: share retry s1.',
    ],
    [
      'this program stumbles',
      'This program stumbled over the credentials message; its log says why.',
      '[trouble] stumbled: %s This cloud stumbled over it. → Its log says why, at the time of the last attempt. Please report that as a defect. It is tried again by itself.',
    ],
    [
      'another release queued it (OPS-03)',
      'This release cannot send credentials messages.',
      '[trouble] unknown-message: %s It was queued by another release of this program. → Finish the update: run the newest release everywhere. It is tried again by itself.',
    ],
    [
      'nobody knows what was heard',
      'something new',
      '[trouble] unknown: %s The last attempt did not succeed. → What was heard stands beside it. Ask the administrator of Birch, then: share retry s1.',
    ],
  ])('OPS-08 DLV-05 %s', (_fault, note, golden) => {
    expect(besides(outgoingCase({ deliveries: [failing(note)] }))).toEqual([golden.replace('%s', NO_KEY)]);
  });

  it('OPS-06 tells a refusal by a wrong clock from one by wrong keys', () => {
    const facts = outgoingCase({ deliveries: [failing('answered 401')], peer: { clockAhead: -3_700 } });
    expect(besides(facts)).toEqual([
      `[trouble] signature-refused: ${NO_KEY} The clock of Birch is 62 minutes behind ours, so it refuses what we sign. → Set both clocks by NTP. If it still refuses then, its keys are wrong. Then: share retry s1.`,
      '[note] peer-clock: The clock of Birch is 62 minutes behind ours. → Set both clocks by NTP. Until then requests are signed by its time once it has refused ours.',
    ]);
  });

  it('says what was heard, since when it fails and when it is tried again', () => {
    const [, finding] = diagnose(outgoingCase({ deliveries: [failing('answered 500')] }));
    expect(finding).toMatchObject({ detail: 'answered 500', since: NOW - HOUR, next: NOW + 5 * MINUTE });
  });

  it('PEER-02 the next attempt is not before the peer has rested', () => {
    const facts = outgoingCase({ deliveries: [failing('answered 500')], peer: { restingUntil: NOW + 10 * MINUTE } });
    expect(diagnose(facts)[1]).toMatchObject({ code: 'internal-error', next: NOW + 10 * MINUTE });
    expect(besides(facts)[1]).toBe(
      '[waiting] peer-resting: Birch failed so often that it is called only now and then. → Messages wait meanwhile without using up attempts. Retry now on the page of deliveries lets one pass at once.',
    );
  });

  it.each([
    [
      'it does not understand us (400)',
      'answered 400',
      `[trouble] not-understood-for-good: ${NO_KEY} Birch does not understand our message. → Check dialect and transport of the peer (peer list). Then send it again: share retry s1.`,
    ],
    [
      'it takes another type (415)',
      'answered 415',
      `[trouble] not-understood-for-good: ${NO_KEY} Birch does not understand our message. → Check dialect and transport of the peer (peer list). Then send it again: share retry s1.`,
    ],
    [
      'the stored message is unreadable (G5)',
      'The stored message cannot be read.',
      `[trouble] unreadable-message-for-good: ${NO_KEY} The stored message cannot be read. → Was FOOTBRIDGE_SECRET_KEY replaced, or the database copied without it? End the share and share the folder again. It is not sent again by itself: share retry s1.`,
    ],
  ])('OPS-08 DLV-05 given up at once: %s', (_fault, note, golden) => {
    expect(besides(outgoingCase({ deliveries: [failed(note)] }))).toEqual([golden]);
  });

  it('OPS-08 DLV-01 an end that was not told in its lifetime: the reason is the last answer', () => {
    const note = 'Not delivered in its lifetime; the last answer was: ECONNREFUSED: connect ECONNREFUSED 192.0.2.7:443';
    const facts = outgoingCase({ share: { state: 'revoked' }, deliveries: [failed(note, { kind: 'unshare' })] });
    expect(besides(facts)).toEqual([
      '[trouble] unreachable-for-good: Birch has not heard that the share has ended. Birch cannot be reached. → Check that Birch is running and that this machine can reach its address. It is not sent again by itself: share retry s1.',
    ]);
  });

  it('OPS-08 OPS-01 a message that is due and not tried: the service is not running', () => {
    const facts = outgoingCase({ deliveries: [{ runAt: NOW - 3 * MINUTE }] });
    expect(besides(facts)).toEqual([
      `[trouble] not-tried: ${NO_KEY} It is due and was not tried. → Is the service (footbridge serve) running? Its log says whether the queue could be read.`,
    ]);
  });
});

describe('OPS-08 what a check of the folder meets', () => {
  it.each([
    [
      'CNV-03 another item answers',
      'The other cloud answers for another item.',
      '[trouble] wrong-folder: The folder could not be looked at. Birch opens something else than the folder that was offered. → The folder was deleted there, or another was put in its place. End the share and ask the owner for a new one.',
    ],
    [
      'CNV-03 a half started or restored origin says 404',
      'The other cloud answered 404.',
      '[trouble] unknown-there: The folder could not be looked at. Birch does not know this share. → A cloud that is just starting says so too. If it lasts, check the addresses of the peer, or ask the administrator of Birch whether it was restored from a backup. It is tried again by itself.',
    ],
    [
      'a sign-in page answers',
      'The other cloud did not answer JSON.',
      '[trouble] unreadable-answer: The folder could not be looked at. Birch answers something that cannot be read. → Check its addresses and its storage API: perhaps a proxy or a sign-in page answers in its place. It is tried again by itself.',
    ],
    [
      'the origin is away',
      'The other cloud could not be reached.',
      '[trouble] unreachable: The folder could not be looked at. Birch cannot be reached. → Check that Birch is running and that this machine can reach its address. It is tried again by itself.',
    ],
  ])('OPS-08 %s', (_fault, note, golden) => {
    expect(besides(incomingCase({ deliveries: [failing(note, { kind: 'probe' })] }))).toEqual([golden]);
  });

  it('CNV-04 says when the folder was last opened and when that is tried next', () => {
    expect(diagnose(incomingCase())[1]).toMatchObject({ code: 'checked', since: NOW - HOUR, next: NOW + 20 * HOUR });
  });

  it('a decision that was told and not answered by a key waits for the other cloud', () => {
    const note = 'told; the credentials have not come yet';
    const facts = incomingCase({
      share: { state: 'accepted', hasGrant: false },
      deliveries: [failing(note, { kind: 'decision' })],
    });
    expect(besides(facts)).toEqual([
      '[waiting] waits-for-key: Birch has heard the answer; its key has not come yet. → If it does not come, ask the administrator of Birch what keeps it: share doctor there names the reason. It is tried again by itself.',
    ]);
  });
});

describe('OPS-08 what is wrong with the other cloud', () => {
  it.each([
    [
      'it is blocked',
      { trust: 'blocked' } as const,
      '[trouble] peer-blocked: Birch is blocked here: nothing is shared with it. → If that is no longer meant: peer unblock Birch. Shares that ended stay ended.',
    ],
    [
      'it was removed',
      { trust: 'removed' } as const,
      '[trouble] peer-removed: Birch is no longer a peer of this cloud. → Nothing is sent to it any more, not even that shares have ended. To share again, join the clouds anew.',
    ],
    [
      'its keys are missing',
      { hasKeys: false },
      '[trouble] peer-keys-missing: The keys with which this cloud signs to Birch are not recorded. → Record those that Birch issued to us (peer set Birch --consumer-key … --consumer-secret …), or join the clouds (peer join).',
    ],
    [
      'CRD-07 it moved after it was picked',
      { hasMoved: true },
      '[trouble] peer-moved: Birch has other addresses than when it was picked: no key is sent there. → Check that the new addresses are right. The recipient picks the cloud again with the link in their mail.',
    ],
    [
      'it refused our keys when it was last tried',
      { probe: { outcome: 'refused', at: NOW - HOUR, wellAt: undefined } } as const,
      '[note] peer-unwell: When the clouds last tried each other, Birch refused our keys. → The page Peers lets you try again, and says what it finds.',
    ],
    [
      'it cannot sign',
      { isUnsigned: true },
      '[note] peer-unsigned: Birch cannot sign: what comes in its name may come from anybody. → Ask whether a newer release there signs, then take the flag away (allow-unsigned).',
    ],
    [
      'it cannot be told of ends',
      { hearsEnds: false },
      '[note] peer-not-told: Birch has no address at which it is told that a share has ended; it learns it from the dead key. → Record its unshare address if it has one (peer set … --unshare-url …).',
    ],
    [
      'OCM-01 it has signed before and published no key when it was last asked',
      { hasKeys: false, ocm: MESH, probe: { outcome: 'unsigned', at: NOW - HOUR, wellAt: undefined } } as const,
      '[note] peer-unwell: When the clouds last tried each other, Birch published no key any more, although it has signed before; unsigned messages of it are refused. → The page Peers lets you try again, and says what it finds.',
    ],
    [
      'OCM-01 it signs with another key',
      { hasKeys: false, ocm: { ...MESH, keyChangedAt: NOW - DAY } },
      '[note] peer-key-changed: Birch publishes another key than before, or one less. → Ask its administrator whether that was meant: some servers keep the first key for ever.',
    ],
    [
      'nobody registered it',
      { hasKeys: false, ocm: { ...MESH, isMet: true } },
      '[note] peer-met: Nobody registered Birch: it became known by a share (FOOTBRIDGE_OCM_OPEN). → To trust it for good, change anything of it (peer set Birch …); else peer block Birch.',
    ],
  ])('OPS-08 %s', (_fault, peer, golden) => {
    expect(besides(outgoingCase({ peer }))).toEqual([golden]);
  });
});

describe('OPS-08 a server of Open Cloud Mesh', () => {
  const peer = { hasKeys: false, ocm: { ...MESH, notes: ['Enter this cloud there.'] } };

  it('is not asked for keys, and nothing is said of it while it works', () => {
    expect(besides(outgoingCase({ peer }))).toEqual([]);
  });

  it.each([
    [
      'does not accept our signature (401)',
      failing('answered 401'),
      'signature-refused: Birch has not heard the answer. Birch does not accept our signature, or does not know this cloud.',
    ],
    [
      'does not take SHARE_ACCEPTED (400)',
      failed('answered 400'),
      'not-understood-for-good: Birch has not heard the answer. Birch does not take our message.',
    ],
    [
      'refuses otherwise (403)',
      failing('answered 403'),
      'refused: Birch has not heard the answer. Birch refuses our message.',
    ],
    [
      'points elsewhere',
      failing('answered 301'),
      'redirected: Birch has not heard the answer. Birch points to another address, which is not followed.',
    ],
    [
      'publishes no key',
      failing('no keys'),
      'no-keys: Birch has not heard the answer. Birch publishes no key that can be used.',
    ],
  ])('OPS-08 is advised on as what it is when it %s', (_fault, delivery, golden) => {
    const facts = incomingCase({
      peer: { hasKeys: false, ocm: MESH },
      deliveries: [{ ...delivery, kind: 'decision' }],
    });
    const [line = ''] = besides(facts);
    expect(line).toContain(golden);
    expect(line).not.toMatch(/consumer-key|peer (?:rotate|join)|dialect|transport/);
    expect(line).toContain('share retry s1');
  });

  it('OPS-08 names the shape of shares and the key that a server keeps for ever', () => {
    const lines = ['answered 400', 'answered 401'].map(
      (note) =>
        besides(outgoingCase({ peer: { ...peer, ocm: MESH }, deliveries: [failing(note, { kind: 'unshare' })] }))[0],
    );
    expect(lines[0]).toContain('--ocm-shape');
    for (const line of lines) expect(line).toContain('it may keep an older key of this cloud for ever');
  });

  it('OPS-08 OPS-06 tells a wrong clock from the rest, without keys to be exchanged', () => {
    const facts = outgoingCase({ peer: { ocm: MESH, clockAhead: 600 }, deliveries: [failing('answered 401')] });
    expect(besides(facts)[0]).toContain(
      'Birch is 10 minutes ahead of ours, so it refuses what we sign. → Set both clocks by NTP. Then:',
    );
  });

  it('OPS-08 that does not open the folder is asked with the secret of the share, and nothing is signed', () => {
    const facts = incomingCase({ peer: { ocm: MESH }, deliveries: [failing('answered 401', { kind: 'probe' })] });
    expect(besides(facts)[0]).toContain('Birch does not open the folder with the secret of this share.');
  });

  it('OPS-08 says what is on its way in words, whatever it is', () => {
    const away = 'ECONNREFUSED: connect ECONNREFUSED 192.0.2.7:443';
    const said = (kind: string) =>
      besides(outgoingCase({ peer: { ocm: MESH }, deliveries: [failing(away, { kind })] }))[0];
    expect(said('offer')).toContain('Birch has not got the offer.');
    expect(said('ocm-farewell')).toContain('Birch has not heard that somebody of this cloud is gone.');
  });

  it('that takes nothing from us may have to be told of us first', () => {
    const state = { share: { state: 'created' } as const, history: [{ event: 'offer-failed', note: 'answered 401' }] };
    expect(besides(outgoingCase({ peer, ...state, deliveries: [] }))).toEqual([
      '[note] peer-needs-entry: Birch may not know this cloud: servers of its make keep a list of those that they trust. → Enter this cloud there.',
    ]);
    const stuck = besides(outgoingCase({ peer, deliveries: [failing('answered 403')] }));
    expect(stuck.some((line) => line.includes('peer-needs-entry'))).toBe(true);
  });
});

describe('OPS-08 what is wrong here', () => {
  it('OPS-05 a restored database has nothing on its way', () => {
    expect(besides(outgoingCase({ deliveries: [] }))).toEqual([
      '[trouble] nothing-queued: Nothing is on its way that could bring this share on. → The database was probably restored or copied. Birch repeats what it has to say for some hours; if that does not help, end the share (share end s1) and share the folder again.',
    ]);
    expect(besides(incomingCase({ deliveries: [] }))[0]).toContain('nothing-queued');
  });

  it('the other cloud’s listings have entries that cannot be used: how many, where and why (F-71)', () => {
    const top = { key: '7', since: NOW - HOUR, unusable: { name: 2, id: 1 }, gaveUp: false };
    expect(besides(incomingCase({ losses: [top] }))[0]).toBe(
      '[trouble] entries-unusable: 3 entries could not be read when the folder was last listed, and cannot be seen here. → Tell the administrator of Birch which entries these are: its storage API describes them in a way that cannot be understood. This goes away with the next listing that has none.',
    );
    const below = { key: '8', name: 'Plans', since: NOW, unusable: { shape: 1_000 }, gaveUp: true };
    const [, finding] = diagnose(incomingCase({ losses: [top, below] }));
    expect(finding).toMatchObject({ code: 'entries-unusable', since: NOW - HOUR });
    expect(finding?.sentence).toContain('1003 entries could not be read');
    expect(finding?.sentence).toContain('One folder cannot be opened');
    expect(finding?.detail).toBe(
      'the folder itself: 2 without a usable name, 1 without a usable id; “Plans”: 1000 no metadata at all, then given up',
    );
    expect(finding?.forPeople).toContain('The owner can see them at Birch.');
  });

  it('DUR-04 OPS-07 the disk is full', () => {
    expect(besides(outgoingCase({ storageTrouble: 'Storing failed: ENOSPC.' }))).toEqual([
      '[trouble] storage-failing: This cloud cannot store files at the moment. Reading, and ending shares, still work. → Look at the disk of the data folder: full, read-only or damaged. It goes on by itself once writing works.',
    ]);
  });

  it.each([
    [
      'is refused for good',
      'refused' as const,
      '[trouble] mail-refused: The mail server refuses bo@birch.example: the address is probably misspelt. → Nothing, if the address is wrong. If it is right, look into the log of the mail server.',
    ],
    [
      'is not wanted',
      'unwanted' as const,
      '[trouble] mail-unwanted: bo@birch.example wants no invitations from this cloud. → Nothing: it is the decision of whoever reads that address.',
    ],
    [
      'has not gone out',
      'queued' as const,
      '[waiting] mail-queued: The invitation for bo@birch.example has not gone out yet. → It is sent as soon as the service runs.',
    ],
    ['was taken', 'sent' as const, '[good] mail-sent: The mail server took the invitation for bo@birch.example. → '],
  ])('OPS-08 the mail of an invitation %s', (_fault, state, golden) => {
    const facts = outgoingCase({
      share: { state: 'created', peerName: undefined },
      peer: null,
      deliveries: [],
      mail: { state, at: NOW - HOUR },
    });
    expect(besides(facts)).toEqual([golden]);
  });

  it('OPS-08 the mail server is down', () => {
    const mail = failing('Mail cannot be sent at the moment.', { kind: 'mail', lane: 'mail:outgoing:o1:x' });
    const share = { state: 'created', peerName: undefined } as const;
    const facts = outgoingCase({ share, peer: null, deliveries: [mail], mail: { state: 'queued', at: NOW - HOUR } });
    expect(besides(facts)).toEqual([
      '[trouble] letter-put-off: A letter about this share has not gone out. The mail server does not take it at the moment. → Check FOOTBRIDGE_SMTP_URL and the mail server, within five days. It is tried again by itself.',
      '[waiting] mail-queued: The invitation for bo@birch.example has not gone out yet. → The mail server does not take it: check FOOTBRIDGE_SMTP_URL and its log.',
    ]);
  });

  it('DLV-04 its time is nearly up, or long over', () => {
    expect(besides(incomingCase({ share: { expiresAt: NOW + DAY } }))[1]).toBe('[note] ends-soon: It ends soon. → ');
    expect(besides(incomingCase({ share: { expiresAt: NOW - 2 * DAY } }))[0]).toBe(
      '[trouble] end-overdue: Its time is up, and it has not ended. → Is the service (footbridge serve) running, and is the clock of this machine right?',
    );
  });
});

describe('OPS-08 how a share stands', () => {
  it.each([
    ['created', 'waits-for-choice', 'bo@birch.example has not picked a cloud yet.'],
    ['sent', 'waits-for-answer', 'bo@birch.example picked Birch and has not answered there yet.'],
    ['accepted', 'key-on-its-way', 'bo@birch.example accepted; the key has not arrived at Birch yet.'],
    ['active', 'works', 'bo@birch.example can open the folder from Birch.'],
    ['declined', 'ended-declined', 'The recipient declined.'],
    ['withdrawn', 'ended-withdrawn', 'The offer was taken back before it was accepted.'],
    ['revoked', 'ended-revoked', 'The owner ended it.'],
    ['left', 'ended-left', 'The recipient left the folder.'],
    ['expired', 'ended-expired', 'It ended because its time was up.'],
  ] as const)('at the origin, %s', (state, code, sentence) => {
    expect(diagnose(outgoingCase({ share: { state } }))[0]).toMatchObject({ code, sentence, since: NOW - HOUR });
  });

  it.each(['outgoing', 'incoming'] as const)('ended by an administrator, %s: not by its owner or recipient', (side) => {
    const state = side === 'outgoing' ? 'revoked' : 'left';
    const change = { share: { state, endedBy: 'administrator' }, deliveries: [] } as const;
    const [finding] = diagnose(side === 'outgoing' ? outgoingCase(change) : incomingCase(change));
    expect(finding).toMatchObject({
      code: 'ended-by-administrator',
      sentence: 'An administrator of this cloud ended it.',
    });
  });

  it('tells people what happened without what the other cloud’s machine said', () => {
    const { history } = outgoingCase({
      history: [
        { event: 'choose', note: 'Birch' },
        { event: 'offer-failed', note: 'ECONNREFUSED: connect ECONNREFUSED 192.0.2.7:443' },
      ],
    });
    expect(historyForPeople(history).map(({ event, note }) => [event, note])).toEqual([
      ['choose', 'Birch'],
      ['offer-failed', ''],
    ]);
  });

  it.each([
    ['pending', false, 'waits-for-decision'],
    ['accepted', false, 'waits-for-key'],
    ['accepted', true, 'key-being-tried'],
    ['active', true, 'works'],
    ['revoked', false, 'ended-revoked'],
  ] as const)('at the destination, %s (key: %s)', (state, hasGrant, code) => {
    expect(diagnose(incomingCase({ share: { state, hasGrant } }))[0]?.code).toBe(code);
  });

  it.each(['answered 403', 'answered 405'])('the forgotten flag of a csinterop cloud is named: %s (F-25)', (note) => {
    const [, said] = diagnose(outgoingCase({ peer: { mayWantGet: true }, deliveries: [failing(note)] }));
    expect(said?.advice).toContain('peer set Birch --credentials-by-get');
    const [, other] = diagnose(outgoingCase({ peer: { mayWantGet: false }, deliveries: [failing(note)] }));
    expect(other?.advice).not.toContain('--credentials-by-get');
  });

  it('at the destination, while the key is refused: since when, and what follows (F-06)', () => {
    const [finding] = diagnose(incomingCase({ share: { refusedSince: NOW - 2 * MINUTE } }));
    expect(finding).toMatchObject({ code: 'key-refused', grade: 'trouble', since: NOW - 2 * MINUTE });
    expect(finding?.sentence).toContain('Birch refuses the key');
    expect(finding?.advice).toContain('ten minutes');
  });

  it.each([
    [
      'DLV-05 the peer refused the key (409)',
      { event: 'refused', to: 'revoked', note: 'answered 409' },
      '[over] ended-key-refused: It ended because Birch refused the key. → Birch has ended the share, or lost it in a restore. Share the folder again if it is still needed.',
    ],
    [
      'OPS-05 the grant is dead: the origin was restored, or the end got lost (CNV-04)',
      { event: 'dead-revoked', to: 'revoked', note: 'the other cloud refused the grant twice' },
      '[over] ended-key-dead: It ended because Birch refused the key, and went on refusing it for as long as it was asked again. → The owner ended it and the news got lost, or Birch was restored from an older backup.',
    ],
    [
      'ADM-03 the peer was blocked',
      { event: 'end', to: 'revoked', note: 'peer blocked' },
      '[over] ended-peer-blocked: It ended because Birch was blocked here. → Unblock Birch if that was a mistake; then share anew.',
    ],
    [
      'the folder was deleted',
      { event: 'end', to: 'revoked', note: 'folder deleted' },
      '[over] ended-folder-deleted: It ended because the folder was deleted. → ',
    ],
    [
      'the account is gone',
      { event: 'end', to: 'revoked', note: 'account gone' },
      '[over] ended-account-gone: It ended because the account was disabled or removed. → ',
    ],
    [
      'nobody answered in time',
      { event: 'lapse', to: 'revoked' },
      '[over] ended-time-up: It ended because its time was up. → Share the folder again if it is still needed.',
    ],
  ])('OPS-08 why it ended: %s', (_fault, line, golden) => {
    expect(stands(outgoingCase({ share: { state: 'revoked' }, history: [line] }))).toBe(golden);
  });

  it('OPS-08 a choice that failed says why the other cloud did not take the offer', () => {
    const history = [{ event: 'offer-failed', from: 'sent', to: 'created', note: 'answered 401' }];
    expect(stands(outgoingCase({ share: { state: 'created' }, history, deliveries: [] }))).toBe(
      '[trouble] offer-not-taken: The offer did not reach Birch. Birch does not accept our signature. → The keys that it issued to us are wrong or were changed there. Exchange them anew (peer rotate at Birch, or peer join or peer set … --consumer-key … here), then: share retry s1.',
    );
  });

  it('OPS-08 CRD-07 a choice that was undone because the peer moved says so', () => {
    const history = [{ event: 'repoint', from: 'accepted', to: 'created', note: 'the peer has moved' }];
    expect(stands(outgoingCase({ share: { state: 'created' }, history, deliveries: [] }))).toContain('choice-undone');
  });
});
