import type { IncomingState, OutgoingState } from '../../../src/shares/index.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  type Invited,
  type Story,
  type Terms,
} from './story.js';

type Way = (story: Story, terms: Terms) => Promise<Invited>;

/** Brings a fresh share to Birch, and Bo's page for it into his browser. */
const offered: Way = async (story, terms) => {
  const invited = await invite(story, terms);
  const page = await choose(story, invited);
  const { url } = await story.bo.browser.visit(page);
  if (url.pathname === '/login') await story.bo.browser.signIn();
  return invited;
};

const decided =
  (accepted: boolean): Way =>
  async (story, terms) => {
    const invited = await offered(story, terms);
    await decideUnheard(story, invited, accepted);
    return invited;
  };

const heard =
  (accepted: boolean): Way =>
  async (story, terms) => {
    const invited = await decided(accepted)(story, terms);
    await carryDecision(story, invited, accepted);
    return invited;
  };

const withPageOpen: Way = async (story, terms) => {
  const invited = await heard(true)(story, terms);
  await story.settle();
  return invited;
};

const then =
  (way: Way, step: (story: Story, invited: Invited) => Promise<unknown>): Way =>
  async (story, terms) => {
    const invited = await way(story, terms);
    await step(story, invited);
    await story.settle();
    return invited;
  };

const ownerEnds = async (story: Story, { folder }: Invited): Promise<void> => {
  await story.ana.at.services.agreements.sharing.withdraw(
    story.ana.accountId,
    (await halvesOf(story, folder)).outgoing.id,
  );
};

const told =
  (reason: string) =>
  async (story: Story, { folder }: Invited): Promise<void> => {
    await story.asAlder.unshare((await halvesOf(story, folder)).outgoing.shareId, reason);
  };

const lapses = async (story: Story): Promise<void> => {
  story.advance(31 * 24 * 3600 * 1000);
  for (const { cloud } of story.stations) await cloud.tick();
};

const recipientLeaves = async (story: Story, { folder }: Invited): Promise<void> => {
  const { incoming } = await halvesOf(story, folder);
  await story.birch.services.agreements.leaving.leaveIncoming(story.bo.accountId, incoming?.id ?? '');
};

/** How an outgoing share gets into each state. */
export const OUTGOING_WAYS: Readonly<Record<OutgoingState, Way>> = {
  created: invite,
  sent: offered,
  accepted: heard(true),
  active: activate,
  declined: heard(false),
  withdrawn: then(offered, ownerEnds),
  expired: then(offered, lapses),
  revoked: then(activate, ownerEnds),
  left: then(activate, recipientLeaves),
};

/** How an incoming share gets into each state, Bo's page for the proposal still open in his browser. */
export const INCOMING_WAYS: Readonly<Record<IncomingState, Way>> = {
  pending: offered,
  accepted: decided(true),
  active: withPageOpen,
  declined: decided(false),
  withdrawn: then(offered, told('withdrawn')),
  expired: then(offered, told('expired')),
  revoked: then(withPageOpen, told('revoked')),
  left: then(withPageOpen, recipientLeaves),
};
