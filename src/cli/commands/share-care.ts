import type { Command } from 'commander';
import type { DeliveryFacts, Examination, Finding, HistoryEntry, PeerFacts } from '../../doctor/index.js';
import { rfc3339 } from '../../kernel/index.js';
import { COMMAND_LINE } from '../../peers/index.js';
import type { CommandContext } from '../context/context.js';
import type { Output } from '../context/output.js';

/** `share doctor` and `share retry`: why a share does not work, and another try at once. */
export function addShareCare(share: Command, context: CommandContext): void {
  share
    .command('doctor <shareId>')
    .description('say how a share stands, what is wrong with it and what to do; each, if several have this name')
    .option('--json', 'answer as JSON')
    .action((shareId: string, options: { json?: boolean }) =>
      context.withCloud(async ({ services }) => {
        const examined = await services.care.doctor.named(shareId);
        if (options.json === true) context.output.json(examined.map(asJson));
        else for (const one of examined) sayAll(context.output, one);
      }, 'reads'),
    );
  share
    .command('retry <shareId>')
    .description('send at once what failed or waits to be sent again for a share, and check its folder')
    .action((shareId: string) =>
      context.withCloud(async ({ services }) => {
        const retried = await services.care.doctor.retryNamed(shareId, COMMAND_LINE);
        if (retried.length === 0) context.output.say('Nothing of this share has failed or waits to be sent again.');
        for (const { kind, attempts, lastAnswer } of retried) {
          const before = attempts === 0 ? 'not tried yet' : `${lastAnswer ?? 'no answer'}, attempt ${String(attempts)}`;
          context.output.say(`${kind} is due now (${before}).`);
        }
        if (retried.length > 0) context.output.say(`What came of it: footbridge share doctor ${shareId}`);
      }),
    );
}

/** The keys of `share doctor --json`; times are RFC 3339, null where there is none. */
function asJson({ facts, findings }: Examination): object {
  const { share, peer, deliveries, history, mail } = facts;
  return {
    shareId: share.shareId,
    id: share.id,
    direction: share.direction,
    state: share.state,
    dialect: share.dialect ?? peer?.dialect ?? null,
    since: rfc3339(share.since),
    folder: share.folderName,
    permission: share.permission,
    owner: share.ownerEmail,
    recipient: share.recipient,
    createdAt: rfc3339(share.createdAt),
    expiresAt: time(share.expiresAt),
    invitationExpiresAt: time(share.invitationExpiresAt),
    mail: mail === undefined ? null : { state: mail.state, at: time(mail.at) },
    findings: findings.map(findingJson),
    deliveries: deliveries.map(deliveryJson),
    peer: peer === undefined ? null : peerJson(peer),
    history: history.map(({ at, from, ...line }) => ({ at: rfc3339(at), from: from ?? null, ...line })),
  };
}

function peerJson({ name, trust, hasKeys, hasMoved, clockAhead, restingUntil, ocm }: PeerFacts): object {
  return {
    name,
    trust,
    // No keys are exchanged where the share is one of Open Cloud Mesh: that there are none is no fault.
    hasKeys: ocm === undefined ? hasKeys : null,
    hasMoved,
    clockAhead,
    restingUntil: time(restingUntil),
    ocm: ocm === undefined ? null : { isMet: ocm.isMet, keyChangedAt: time(ocm.keyChangedAt), notes: ocm.notes },
  };
}

function findingJson({ code, grade, sentence, detail, advice, since, next }: Finding): object {
  return { code, grade, sentence, detail: detail ?? null, advice, since: time(since), next: time(next) };
}

function deliveryJson(delivery: DeliveryFacts): object {
  const { kind, standing, attempts, createdAt, lastAttemptAt, lastAnswer, runAt, expiresAt } = delivery;
  return {
    kind,
    standing,
    attempts,
    createdAt: rfc3339(createdAt),
    lastAttemptAt: time(lastAttemptAt),
    lastAnswer: lastAnswer ?? null,
    nextAttemptAt: standing === 'failed' ? null : rfc3339(runAt),
    expiresAt: time(expiresAt),
  };
}

function time(at: number | undefined): string | null {
  return at === undefined ? null : rfc3339(at);
}

function sayAll(output: Output, { facts, findings }: Examination): void {
  const { share, peer } = facts;
  const between = `${share.ownerEmail} → ${share.recipient}`;
  output.say(`“${share.folderName}” (${share.direction}, ${share.permission}): ${between}`);
  output.say(`${peer?.name ?? 'no cloud chosen yet'}; ${share.state} since ${rfc3339(share.since)}; ${share.shareId}`);
  for (const finding of findings) sayFinding(output, finding);
  output.say('');
  if (facts.deliveries.length > 0) output.table(facts.deliveries.map(deliveryLine), '');
  output.table(facts.history.map(historyEntry), 'Nothing happened yet.');
  output.say('');
}

const MARKS: Readonly<Record<Finding['grade'], string>> = {
  trouble: '✗',
  waiting: '…',
  good: '✓',
  over: '•',
  note: 'i',
};

function sayFinding(output: Output, { grade, code, sentence, detail, advice, since, next }: Finding): void {
  output.say(`${MARKS[grade]} ${sentence} [${code}]`);
  if (detail !== undefined) output.say(`    heard: ${detail}`);
  if (since !== undefined) output.say(`    since: ${rfc3339(since)}`);
  if (next !== undefined) output.say(`    next:  ${rfc3339(next)}`);
  if (advice !== '') output.say(`    do:    ${advice}`);
}

function deliveryLine(delivery: DeliveryFacts): Record<string, string> {
  const { kind, standing, attempts, lastAttemptAt, lastAnswer, runAt } = delivery;
  return {
    message: kind,
    standing,
    attempts: String(attempts),
    'last attempt': time(lastAttemptAt) ?? '',
    'next attempt': standing === 'failed' ? '' : rfc3339(runAt),
    'last answer': lastAnswer ?? '',
  };
}

function historyEntry({ at, event, from, to, actor, note }: HistoryEntry): Record<string, string> {
  return { at: rfc3339(at), event, from: from ?? '', to, by: actor, note };
}
