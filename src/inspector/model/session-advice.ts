import type { SessionFacts } from '../../inspection/records.js';

/** What a session's state means for the reader, and what to do; empty where there is nothing to say. */
export function sessionAdvice(state: SessionFacts['state'], lastCheckpoint?: string): string {
  switch (state) {
    case 'unopened':
      return 'The session is opened by the first call that needs one.';
    case 'opening':
    case 'beating':
      return '';
    case 'atRisk':
      return (
        'Heartbeats have gone unanswered for two minutes or more. The server ends sessions that it does not hear of: check the network ' +
        'between this process and the server, and whether the process has time to run.'
      );
    case 'failed':
      return 'The session could not be opened; the newest error says why. The next call tries again.';
    case 'lost':
      return `The server does not know this session any more, and nothing more will succeed in it. Open a new ServiceClient and ${
        lastCheckpoint === undefined ? 'restore the newest checkpoint.' : `restore ${lastCheckpoint}.`
      }`;
  }
}
