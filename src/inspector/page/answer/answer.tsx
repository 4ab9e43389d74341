import { useSignal } from '@preact/signals';
import { counted } from '../../model/format.js';
import { Choice } from '../parts/choice.js';
import { Panel } from '../parts/panel.js';
import { dropped, now, presentService, published } from '../state.js';
import { WhereBar } from '../where/where-bar.js';
import { AttentionList } from './attention-list.js';

const ranges = [
  { value: 'recent', label: 'Last 5 minutes' },
  { value: 'all', label: 'Whole run' },
] as const;

const recentMs = 5 * 60_000;

/** The first question that the page is opened for, and what asks for a decision. */
export function Answer() {
  const range = useSignal<(typeof ranges)[number]['value']>('recent');
  const present = presentService();
  const to = present?.service?.closedAt ?? now.value;
  const startedAt = present?.service?.startedAt ?? to;
  const from = range.value === 'all' ? startedAt : Math.max(startedAt, to - recentMs);
  const unrecorded = (present?.samplings.items ?? []).reduce((sum, sampling) => sum + sampling.unrecorded, 0);
  const gone = dropped.value.operations + published.value.store.droppedOperations;
  return (
    <Panel
      id="answer"
      class="answer"
      title="Is it me or the server?"
      actions={<Choice label="Span" options={ranges} value={range.value} onChange={(value) => (range.value = value)} testId="span" />}
    >
      <div class="answer-body">
        <div class="answer-bar">
          <WhereBar operations={present?.operations.items ?? []} from={from} to={to} />
          <p class="answer-note" data-testid="dropped">
            {gone > 0
              ? `The inspector keeps so much only: ${counted(gone, 'older operation')} ${gone === 1 ? 'is' : 'are'} not here any more, and not in this bar.`
              : counted(present?.operations.items.length ?? 0, 'operation') + ' so far, all kept.'}
            {unrecorded > 0 && ` ${counted(unrecorded, 'quick sample')} more went well: beyond 200 a second only some are recorded.`}
          </p>
        </div>
        <AttentionList />
      </div>
    </Panel>
  );
}
