import { clockRefused, type AnswerContext, type AnswerWording } from './answer-context.js';
import type { AnswerKind } from './answers.js';

/** What is said of a server of Open Cloud Mesh otherwise: no keys are exchanged with it, and dialect and transport mean nothing to it. */
export const MESH_WORDS: Readonly<Partial<Record<AnswerKind, AnswerWording>>> = {
  'signature-refused': (context) => (context.mesh === 'files' ? secretRefused(context) : signatureRefused(context)),
  'not-understood': ({ peer, shareId, mesh }) => [
    `${peer} does not take our message.`,
    mesh === 'files'
      ? 'Check its server (peer list --json, ocm): perhaps a proxy answers in its place.'
      : `Servers of Open Cloud Mesh say so of a signature that they cannot verify, too: ${KEY_OR_ADDRESS} If it takes shares in another shape than it says: peer set … --ocm-shape. Then: share retry ${shareId}.`,
  ],
  'unknown-there': ({ peer }) => [
    `${peer} does not know this share.`,
    `A server that is just starting says so too. If it lasts, check its server (peer list --json, ocm), or ask the administrator of ${peer} whether it was restored from a backup.`,
    'by time',
  ],
  redirected: ({ peer, shareId }) => [
    `${peer} points to another address, which is not followed.`,
    `It has probably moved: secrets never travel to an address that was not agreed. When its administrator confirms it: peer set ${peer} --ocm-url URL, then: share retry ${shareId}.`,
  ],
  refused: ({ peer, shareId }) => [
    `${peer} refuses our message.`,
    `Ask its administrator whether this cloud has to be entered there, in its list of servers or file of providers, or is blocked. Then: share retry ${shareId}.`,
  ],
  'no-keys': ({ peer, shareId }) => [
    `${peer} publishes no key that can be used.`,
    `Ask its administrator. Page Peers, Check, says what it finds. Then: share retry ${shareId}.`,
  ],
};

/** Why a server cannot verify what we sign (open-cloud-mesh.md 10.3 and 14). */
const KEY_OR_ADDRESS =
  'it may keep an older key of this cloud for ever (was the database lost, or the cloud moved without it?), and see another address than we sign (a proxy before it, overwritehost of a Nextcloud). Its log says which.';

function signatureRefused({ peer, clockAhead, shareId }: AnswerContext): ReturnType<AnswerWording> {
  if (clockAhead !== 0) return clockRefused({ peer, clockAhead, shareId });
  return [
    `${peer} does not accept our signature, or does not know this cloud.`,
    `No keys are exchanged with it: ${KEY_OR_ADDRESS} Or this cloud has to be entered there. Then: share retry ${shareId}.`,
  ];
}

function secretRefused({ peer }: AnswerContext): ReturnType<AnswerWording> {
  return [
    `${peer} does not open the folder with the secret of this share.`,
    `The share may have ended there without a word. Ask the administrator of ${peer} whether it still stands.`,
    'by time',
  ];
}
