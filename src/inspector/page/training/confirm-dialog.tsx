import { Dialog } from '../parts/dialog.js';

type Asked = 'retry' | 'skip';

interface Props {
  readonly action: Asked;
  readonly client: string;
  readonly onClose: () => void;
  readonly onConfirm: (action: Asked) => void;
}

const questions = {
  retry: {
    title: 'Send the operation again?',
    text: 'It is sent again under the same numbers. Where the server had taken it after all, it answers from memory and nothing runs twice.',
    confirm: 'Yes, retry',
  },
  skip: {
    title: 'Leave the operation behind?',
    text: 'It counts as failed and the queue goes on with the next. The server may or may not have run it: a gradient may be missing from the next optimizer step, or a checkpoint may exist that nobody was told of. This cannot be undone.',
    confirm: 'Yes, skip it',
  },
} as const;

/** Asks once more before a wedged client goes on. The first button is the one that does nothing. */
export function ConfirmDialog({ action, client, onClose, onConfirm }: Props) {
  const { title, text, confirm } = questions[action];
  return (
    <Dialog
      title={title}
      testId="confirm-dialog"
      onClose={onClose}
      actions={
        <>
          <button type="button" class="button" data-testid="confirm-no" onClick={onClose}>
            Not now
          </button>
          <button type="button" class={`button ${action === 'skip' ? 'button-danger' : 'button-strong'}`} data-testid={`confirm-${action}`} onClick={() => onConfirm(action)}>
            {confirm}
          </button>
        </>
      }
    >
      <p>
        Training client <span class="mono">{client}</span>.
      </p>
      <p>{text}</p>
    </Dialog>
  );
}
