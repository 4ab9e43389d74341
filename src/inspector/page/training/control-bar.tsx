import { useSignal } from '@preact/signals';
import type { TrainingRecord } from '../../../inspection/records.js';
import type { ControlRequest } from '../../protocol.js';
import { command, controlState, type CommandAnswer } from '../control.js';
import { announce } from '../parts/announcer.js';
import { Icon } from '../parts/icons.js';
import { ConfirmDialog } from './confirm-dialog.js';

interface Props {
  readonly service: string;
  readonly training: TrainingRecord;
}

type Action = ControlRequest['action'];

const hints = {
  recording: '',
  off: 'Watching only. Buttons to pause, save, retry and skip appear where the inspector is started with control: true.',
  noToken: 'Watching only. To use the buttons, open the whole address that the program printed; it ends in #token=…',
} as const;

/** What may be done to a training client from here; without leave, how to get it. */
export function ControlBar({ service, training }: Props) {
  const running = useSignal<Action | undefined>(undefined);
  const asking = useSignal<'retry' | 'skip' | undefined>(undefined);
  const answer = useSignal<CommandAnswer | undefined>(undefined);
  const allowed = controlState.value;
  if (training.state === 'stopped') return null;
  if (allowed !== 'allowed' && allowed !== 'lost') {
    return hints[allowed] === '' ? null : <p class="control-hint" data-testid="control-hint">{hints[allowed]}</p>;
  }

  const give = async (action: Action) => {
    asking.value = undefined;
    running.value = action;
    const given = await command({ service, client: training.key, action });
    running.value = undefined;
    answer.value = given;
    announce(given.text);
  };
  const disabled = allowed === 'lost' || running.value !== undefined;
  const wedged = training.state === 'wedged';
  const { paused } = training;
  return (
    <div class="control">
      <p class={`control-answer ${answer.value?.ok === false ? 'control-failed' : ''}`} title={answer.value?.text} data-testid="control-answer">
        {running.value === undefined ? answer.value?.text : 'Asking the program …'}
      </p>
      <div class="control-buttons" role="group" aria-label="Control of this training client">
        {wedged && (
          <>
            <button type="button" class="button button-strong" data-testid="retry" disabled={disabled} onClick={() => (asking.value = 'retry')}>
              <Icon name="retry" /> Retry …
            </button>
            <button type="button" class="button button-danger" data-testid="skip" disabled={disabled} onClick={() => (asking.value = 'skip')}>
              <Icon name="skip" /> Skip …
            </button>
          </>
        )}
        <button type="button" class="button" data-testid="save" disabled={disabled || wedged} onClick={() => void give('save')}>
          <Icon name="save" /> Save now
        </button>
        <button type="button" class="button" data-testid={paused ? 'resume' : 'pause'} disabled={disabled} onClick={() => void give(paused ? 'resume' : 'pause')}>
          <Icon name={paused ? 'play' : 'pause'} /> {paused ? 'Resume' : 'Pause'}
        </button>
      </div>
      {asking.value !== undefined && <ConfirmDialog action={asking.value} client={training.key} onClose={() => (asking.value = undefined)} onConfirm={(action) => void give(action)} />}
    </div>
  );
}
