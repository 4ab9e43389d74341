import * as E from 'fp-ts/lib/Either.js';
import type { Http } from '../api/http.js';
import { serverText } from '../api/failure.js';
import { sessionLost } from '../machines/session-machine.js';
import type { AttemptFailure } from '../types/attempt.js';
import type { TinkerError } from '../types/errors.js';

/** What is sent in a session, and for it. Other calls may ask for the sessions of somebody else. */
const sentInSession = new Set(
  [
    'create_model',
    'create_sampling_session',
    'forward_backward',
    'forward',
    'optim_step',
    'save_weights',
    'save_weights_for_sampler',
    'load_weights',
    'asample',
    'session_heartbeat',
  ].map((endpoint) => `/api/v1/${endpoint}`),
);

const gone = '(?:not found|unknown|expired|ended|does not exist|no longer exists)';
const saysThatItIsGone = new RegExp(`(?<!sampling[\\s_-])\\bsession\\b[^.;]{0,80}\\b${gone}\\b|\\b(?:unknown|expired|no such) session\\b`, 'i');

/** A transport that notices when the server does not know the session any more: requests then end with `sessionLost`. */
export function watchedHttp(http: Http, onLost: (error: TinkerError) => void): Http {
  const look = <A>(path: string, sent: E.Either<AttemptFailure, A>): E.Either<AttemptFailure, A> => {
    if (E.isRight(sent) || !isLost(path, sent.left)) return sent;
    const error = sessionLost(sent.left.error);
    onLost(error);
    return E.left({ ...sent.left, error });
  };
  return {
    send: (route, body, attempt) => async () => look(route.path, await http.send(route, body, attempt)()),
    call: (route, input, attempt) => async () => look(route.path, await http.call(route, input, attempt)()),
  };
}

function isLost(path: string, { error, body }: AttemptFailure): boolean {
  return error.status === 404 && sentInSession.has(path) && saysThatItIsGone.test(serverText(body));
}
