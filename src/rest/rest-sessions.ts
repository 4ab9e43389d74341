import { assignSessionProject, exportSessionTrace, getSession } from '../api/sessions.js';
import { attended } from '../calls/attended.js';
import type { Runtime } from '../service/runtime.js';
import { checkId, checkScope, limitsOf, type ScopeOptions } from './rest-input.js';
import { TinkerError } from '../types/errors.js';
import { AssignSessionProjectRequest, GetSessionRequest, SessionTraceRequest, type GetSessionResponse } from '../types/sessions.js';
import type { WaitOptions } from '../calls/wait.js';

const firstTracePollMs = 500;
const tracePollMs = 5_000;
const traceLimitMs = 3_600_000;

/** What was made in a session; see `RestClient.getSession`. */
export async function sessionOf(runtime: Runtime, sessionId: string, options: ScopeOptions): Promise<GetSessionResponse> {
  const limits = limitsOf(options, ['accessScope']);
  const request = GetSessionRequest.make({ sessionId: checkId('sessionId', sessionId), accessScope: checkScope(options.accessScope) });
  return runtime.ask('getSession', limits, getSession, request);
}

/** Moves a session into a project; see `RestClient.assignSessionProject`. */
export async function assignProject(runtime: Runtime, sessionId: string, projectId: string, options: WaitOptions): Promise<void> {
  const limits = limitsOf(options);
  const request = AssignSessionProjectRequest.make({ sessionId: checkId('sessionId', sessionId), projectId: checkId('projectId', projectId) });
  await runtime.ask('assignSessionProject', limits, assignSessionProject, request);
}

/** Has the trace of a session written; see `RestClient.exportSessionTrace`. */
export async function exportTrace(runtime: Runtime, sessionId: string, options: WaitOptions): Promise<string> {
  const call = 'exportSessionTrace';
  const { signal, timeoutMs = traceLimitMs } = limitsOf(options);
  const request = SessionTraceRequest.make({ sessionId: checkId('sessionId', sessionId) });
  return attended(runtime, call, { signal, timeoutMs }, async ({ pause, unlessGivenUp }) => {
    for (let pauseMs = firstTracePollMs; ; pauseMs = Math.min(2 * pauseMs, tracePollMs)) {
      const { status, url, error } = await unlessGivenUp(runtime.request(call, exportSessionTrace, request));
      if (status === 'failed') {
        throw new TinkerError('requestFailed', `${call}: ${error ?? 'the server gave no reason'}`, { category: 'unknown' });
      }
      if (status === 'ready') {
        if (url === undefined) throw new TinkerError('malformedResponse', `${call}: the server says that the trace is ready, but not where it is`);
        return url;
      }
      await pause(pauseMs);
    }
  });
}
