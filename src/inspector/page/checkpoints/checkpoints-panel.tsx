import type { CheckpointRecord } from '../../../inspection/records.js';
import { checkpointsNewestFirst, expiryStanding } from '../../model/checkpoint-expiry.js';
import { ago, bytes, counted, dateAndTime, whole } from '../../model/format.js';
import { CopyButton } from '../parts/copy-button.js';
import { Icon } from '../parts/icons.js';
import { Panel } from '../parts/panel.js';
import { Scroll } from '../parts/scroll.js';
import { now, presentService } from '../state.js';

const most = 100;

/** What the service saved, the newest first. */
export function CheckpointsPanel() {
  const all = presentService()?.checkpoints.items ?? [];
  const shown = checkpointsNewestFirst(all).slice(0, most);
  return (
    <Panel id="checkpoints" title="Checkpoints" note={all.length === 0 ? undefined : whole(all.length)}>
      {all.length === 0 ? (
        <p class="empty">Nothing has been saved yet. What is not saved is lost with the session.</p>
      ) : (
        <Scroll label="Checkpoints" class="panel-scroll">
          <table class="table">
            <caption class="hidden">Checkpoints that this service saved, the newest first</caption>
            <thead>
              <tr>
                <th scope="col" class="number">Step</th>
                <th scope="col">Kind</th>
                <th scope="col" class="wide">Path</th>
                <th scope="col" class="number">Saved</th>
                <th scope="col" class="number">Size</th>
                <th scope="col" class="number">Expires</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((checkpoint) => (
                <Row key={checkpoint.key} checkpoint={checkpoint} />
              ))}
            </tbody>
          </table>
          {all.length > most && <p class="table-more">… and {counted(all.length - most, 'older checkpoint')}</p>}
        </Scroll>
      )}
    </Panel>
  );
}

function Row({ checkpoint }: { readonly checkpoint: CheckpointRecord }) {
  const { key: path, kind, step, savedAt, sizeBytes, expiresAt } = checkpoint;
  const expiry = expiryStanding(checkpoint, now.value);
  return (
    <tr data-testid="checkpoint-row">
      <td class="number">{whole(step)}</td>
      <td>{kind}</td>
      <td class="wide">
        <span class="path-cell">
          <span class="mono path" title={path}>
            <bdi>{path}</bdi>
          </span>
          <CopyButton text={path} what={`path of step ${step}, ${kind}`} />
        </span>
      </td>
      <td class="number" title={dateAndTime(savedAt)}>
        {ago(savedAt, now.value)}
      </td>
      <td class="number">{sizeBytes === undefined ? <span class="quiet">–</span> : bytes(sizeBytes)}</td>
      <td class={`number text-${expiry.tone}`} title={expiresAt === undefined ? undefined : dateAndTime(expiresAt)}>
        {(expiry.tone === 'warn' || expiry.tone === 'bad') && <Icon name="warning" />} {expiry.words}
      </td>
    </tr>
  );
}
