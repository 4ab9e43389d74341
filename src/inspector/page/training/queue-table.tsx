import type { TrainingRecord } from '../../../inspection/records.js';
import { bytes, counted, whole } from '../../model/format.js';
import { queueView, seqIdText, type QueueRow } from '../../model/queue-rows.js';
import { Scroll } from '../parts/scroll.js';

/** What a training client has before it, in the order in which results come. */
export function QueueTable({ training }: { readonly training: TrainingRecord }) {
  const { rows, more } = queueView(training);
  return (
    <div class="queue">
      <h3 id="queue-title">Queue</h3>
      <Scroll label="Queue" class="queue-scroll">
        <table class="table">
          <caption class="hidden">Operations of this client: what is being sent, then what is in flight, then what waits</caption>
          <thead>
            <tr>
              <th scope="col" class="number">#</th>
              <th scope="col">Operation</th>
              <th scope="col">Stage</th>
              <th scope="col" class="number">seq_id</th>
              <th scope="col" class="number">Requests</th>
              <th scope="col" class="number">Size</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="empty">{training.state === 'stopped' ? 'The client is stopped; it takes nothing more.' : 'Nothing is queued. The client waits for the program.'}</p>}
        {more > 0 && (
          <p class="table-more" data-testid="queue-more">
            … and {counted(more, 'more operation')}
          </p>
        )}
      </Scroll>
    </div>
  );
}

const tones = { sending: 'busy', 'in flight': 'ok', waiting: 'idle' } as const;

function Row({ row: { order, kind, stage, seqIds, requests, bytes: size, queueState } }: { readonly row: QueueRow }) {
  return (
    <tr data-testid="queue-row">
      <td class="number quiet">{order}</td>
      <td class="mono">{kind}</td>
      <td>
        <span class={`stage tone-${tones[stage]}`}>
          <span class="dot" aria-hidden="true" />
          {stage}
        </span>
        {queueState !== undefined && queueState !== 'active' && <span class="quiet"> · {queueState.replaceAll('_', ' ')}</span>}
      </td>
      <td class="number">{seqIdText(seqIds) || <Nothing />}</td>
      <td class="number">{requests === undefined ? <Nothing /> : whole(requests)}</td>
      <td class="number">{size === undefined ? <Nothing /> : bytes(size)}</td>
    </tr>
  );
}

function Nothing() {
  return <span class="quiet">–</span>;
}
