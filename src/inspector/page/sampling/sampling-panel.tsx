import { counted, shortId, whole } from '../../model/format.js';
import { gateStanding, samplingStanding } from '../../model/tones.js';
import { Badge } from '../parts/badge.js';
import { Panel } from '../parts/panel.js';
import { Scroll } from '../parts/scroll.js';
import { presentService } from '../state.js';

const most = 100;

/** Sampling clients, and the gate that all their calls pass. */
export function SamplingPanel() {
  const all = presentService()?.samplings.items ?? [];
  const shown = all.toReversed().slice(0, most);
  const gate = (all.findLast(({ state }) => state !== 'stopped') ?? all.at(-1))?.gate;
  return (
    <Panel
      id="sampling"
      title="Sampling"
      note={all.length === 0 ? undefined : counted(all.length, 'client')}
      actions={
        gate !== undefined && (
          <span class="gate">
            <span class="label">Gate</span> <Badge standing={gateStanding(gate)} testId="gate" />
          </span>
        )
      }
    >
      {all.length === 0 ? (
        <p class="empty">No sampling client yet. One appears here when the program creates one, or saves weights to sample from.</p>
      ) : (
        <Scroll label="Sampling clients" class="panel-scroll">
          <table class="table">
            <caption class="hidden">Sampling clients, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">Session</th>
                <th scope="col">State</th>
                <th scope="col" class="number">Waiting</th>
                <th scope="col" class="number">Running</th>
                <th scope="col" class="number">Done</th>
                <th scope="col" class="number">Failed</th>
                <th scope="col" class="number">Asked anew</th>
                <th scope="col" class="number" title="Quick samples beyond 200 a second: counted, not in the timeline">
                  Unrecorded
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((sampling) => (
                <tr key={sampling.key} data-testid="sampling-row">
                  <td class="mono" title={sampling.samplingSessionId}>
                    {shortId(sampling.samplingSessionId)}
                  </td>
                  <td>
                    <Badge standing={samplingStanding(sampling)} />
                  </td>
                  <td class="number">{whole(sampling.waiting)}</td>
                  <td class="number">{whole(sampling.running)}</td>
                  <td class="number">{whole(sampling.counters.done)}</td>
                  <td class={sampling.counters.failed > 0 ? 'number text-bad' : 'number'}>{whole(sampling.counters.failed)}</td>
                  <td class="number">{whole(sampling.counters.resubmitted)}</td>
                  <td class="number">{whole(sampling.unrecorded)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {all.length > most && <p class="table-more">… and {counted(all.length - most, 'older client')}</p>}
        </Scroll>
      )}
    </Panel>
  );
}
