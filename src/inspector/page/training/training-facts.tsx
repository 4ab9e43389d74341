import type { TrainingRecord } from '../../../inspection/records.js';
import { bytes, whole } from '../../model/format.js';
import { CopyButton } from '../parts/copy-button.js';
import { Fact } from '../parts/fact.js';

/** A training client in numbers. */
export function TrainingFacts({ training }: { readonly training: TrainingRecord }) {
  const { optimSteps, nextSeqId, queued, queuedBytes, inFlightCount, counters, lastCheckpoint } = training;
  return (
    <>
      <dl class="facts">
        <Fact label="Optimizer steps" testId="optim-steps">
          {whole(optimSteps)}
        </Fact>
        <Fact label="Next seq_id" testId="next-seq-id">
          {whole(nextSeqId)}
        </Fact>
        <Fact label="Waiting" note={queued === 0 ? undefined : bytes(queuedBytes)} testId="queued">
          {whole(queued)}
        </Fact>
        <Fact label="In flight" testId="in-flight">
          {whole(inFlightCount)}
        </Fact>
        <Fact label="Done of accepted" note={`/ ${whole(counters.accepted)}`} testId="done">
          {whole(counters.done)}
        </Fact>
        <Fact label="Failed" tone={counters.failed > 0 ? 'bad' : undefined} testId="failed">
          {whole(counters.failed)}
        </Fact>
        <Fact label="Cancelled" testId="cancelled">
          {whole(counters.cancelled)}
        </Fact>
      </dl>
      <p class="last-checkpoint">
        <span class="label">Last checkpoint</span>{' '}
        {lastCheckpoint === undefined ? (
          <span>none yet</span>
        ) : (
          <>
            <span class="mono path" data-testid="last-checkpoint" title={lastCheckpoint}>
              {lastCheckpoint}
            </span>
            <CopyButton text={lastCheckpoint} what="path of the last checkpoint" />
          </>
        )}
      </p>
    </>
  );
}
