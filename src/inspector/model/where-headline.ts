import { timeOwners, type TimeOwner, type WhereTimeGoes } from './where-time-goes.js';

/** Who it is, in one number. */
export interface WhereHeadline {
  /** `none` where there is no time to speak of. */
  readonly who: 'program' | 'client' | 'network' | 'server' | 'none';
  /** Whole percent; 0 where there is none. */
  readonly percent: number;
  /** Such as `Server 91 %`. */
  readonly number: string;
  /** The same as a sentence. */
  readonly sentence: string;
}

/** Milliseconds of each owner. */
export function msOf(where: WhereTimeGoes): Readonly<Record<TimeOwner, number>> {
  return { program: where.programMs, client: where.clientMs, network: where.networkMs, server: where.serverMs, paused: where.pausedMs };
}

/** Whole percents of each owner that add up to 100: the largest remainders are rounded up. All 0 for an empty window. */
export function percentsOf(where: WhereTimeGoes): Readonly<Record<TimeOwner, number>> {
  const ms = msOf(where);
  const total = timeOwners.reduce((sum, owner) => sum + ms[owner], 0);
  const percents = { program: 0, client: 0, network: 0, server: 0, paused: 0 };
  if (total <= 0) return percents;
  const exact = timeOwners.map((owner) => ({ owner, share: (ms[owner] / total) * 100 }));
  for (const { owner, share } of exact) percents[owner] = Math.floor(share);
  const missing = 100 - timeOwners.reduce((sum, owner) => sum + percents[owner], 0);
  const byRemainder = exact.toSorted((a, b) => (b.share % 1) - (a.share % 1));
  for (const { owner } of byRemainder.slice(0, missing)) percents[owner] += 1;
  return percents;
}

/** Says who most of the time went to. A pause is the server's: its percents are in the server's number. */
export function headlineOf(where: WhereTimeGoes): WhereHeadline {
  const percents = percentsOf(where);
  const ms = msOf(where);
  const sides = [
    { who: 'server', ms: ms.server + ms.paused, percent: percents.server + percents.paused },
    { who: 'program', ms: ms.program, percent: percents.program },
    { who: 'network', ms: ms.network, percent: percents.network },
    { who: 'client', ms: ms.client, percent: percents.client },
  ] as const;
  const most = sides.reduce((best, side) => (side.ms > best.ms ? side : best));
  if (most.ms <= 0) return { who: 'none', percent: 0, number: '–', sentence: 'Nothing has happened yet.' };
  const { who, percent } = most;
  return { who, percent, number: `${names[who]} ${percent} %`, sentence: sentenceOf(who, percent, percents) };
}

const names = { server: 'Server', program: 'Your program', network: 'Network', client: 'tinkerjs' } as const;

function sentenceOf(who: keyof typeof names, percent: number, percents: Readonly<Record<TimeOwner, number>>): string {
  switch (who) {
    case 'server':
      if (percents.paused === 0) return `The server was working on something ${percent} % of this time.`;
      if (percents.server === 0) return `The server held everything back ${percent} % of this time.`;
      return `The server was working on something ${percents.server} % of this time, and held everything back another ${percents.paused} %.`;
    case 'program':
      return `Nothing was on its way ${percent} % of this time: your own code was running, or waiting for something else.`;
    case 'network':
      return `Requests were being uploaded and accepted ${percent} % of this time, with nothing at the server.`;
    case 'client':
      return `Calls were queued, encoded or downloaded by tinkerjs ${percent} % of this time, with nothing at the server.`;
  }
}
