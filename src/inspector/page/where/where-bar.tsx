import { useRef } from 'preact/hooks';
import type { OperationRecord } from '../../../inspection/records.js';
import { headlineOf, msOf, percentsOf } from '../../model/where-headline.js';
import { timeOwners, whereTimeGoes, type TimeOwner, type WhereTimeGoes } from '../../model/where-time-goes.js';
import { durationText } from '../../model/timeline-text.js';

export interface WhereBarProps {
  readonly operations: readonly OperationRecord[];
  /** Moments between which it is asked. */
  readonly from: number;
  readonly to: number;
}

// From left to right: what is here, the way, what is there.
const order: readonly TimeOwner[] = ['program', 'client', 'network', 'server', 'paused'];

const names: Readonly<Record<TimeOwner, { readonly name: string; readonly what: string }>> = {
  program: { name: 'Your program', what: 'nothing was on its way' },
  client: { name: 'tinkerjs', what: 'queued, encoding, downloading' },
  network: { name: 'Network', what: 'uploads, until accepted' },
  server: { name: 'Server', what: 'working on something' },
  paused: { name: 'Held by the server', what: 'rate limits, capacity, billing' },
};

/** Whose the time is, in one number and one bar. */
export function WhereBar({ operations, from, to }: WhereBarProps) {
  const where = useThrottled(operations, from, to);
  const percents = percentsOf(where);
  const ms = msOf(where);
  const total = timeOwners.reduce((sum, owner) => sum + ms[owner], 0);
  const { who, number, sentence } = headlineOf(where);
  if (operations.length === 0 || who === 'none') {
    return (
      <div class="where" data-testid="where-bar">
        <p class="where-number where-empty" data-testid="where-number">
          No time yet
        </p>
        <p class="where-sentence">As soon as the program calls something, this says whether it waits for itself, the network or the server.</p>
        <div class="where-stack where-stack-empty" />
      </div>
    );
  }
  const share = (owner: TimeOwner) => shareText(percents[owner], ms[owner]);
  return (
    <div class="where" data-testid="where-bar">
      <p class="where-number" data-testid="where-number" data-owner={who}>
        {number}
      </p>
      <p class="where-sentence">{sentence}</p>
      <div class="where-stack" role="img" aria-label={`Of ${durationText(total)}: ${order.map((owner) => `${names[owner].name} ${share(owner)}`).join(', ')}`}>
        {order.map((owner) => (
          <span
            key={owner}
            class="where-part"
            data-owner={owner}
            title={`${names[owner].name}: ${share(owner)}, ${durationText(ms[owner])}`}
            style={{ flexGrow: ms[owner] / total }}
            hidden={ms[owner] <= 0}
          />
        ))}
      </div>
      <ul class="where-legend">
        {order.map((owner) => (
          <li key={owner} class="where-item" data-owner={owner} data-none={ms[owner] <= 0}>
            <span class="where-swatch" aria-hidden="true" />
            <span class="where-name">{names[owner].name}</span> <b class="where-share">{share(owner)}</b>{' '}
            <span class="where-what">
              {durationText(ms[owner])} · {names[owner].what}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function shareText(percent: number, ms: number): string {
  return percent === 0 && ms > 0 ? '<1 %' : `${percent} %`;
}

// Of the page's time no more than this share is spent on it.
const dearest = 20;

/** Where the time goes; with many operations it is a little behind rather than holding up the page. */
function useThrottled(operations: readonly OperationRecord[], from: number, to: number): WhereTimeGoes {
  const kept = useRef<{ readonly where: WhereTimeGoes; readonly length: number; readonly from: number; readonly to: number; readonly until: number } | null>(null);
  const { current } = kept;
  const begun = performance.now();
  // Another window, or another service, is asked for at once.
  const elsewhere = current === null || Math.abs(current.to - to) > 5000 || Math.abs(current.from - from) > 5000 || operations.length < current.length;
  if (!elsewhere && begun < current.until) return current.where;
  const where = whereTimeGoes(operations, from, to);
  const over = performance.now();
  kept.current = { where, length: operations.length, from, to, until: over + (over - begun) * dearest };
  return where;
}
