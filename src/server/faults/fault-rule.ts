import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { invalid, messageOf, TinkerError } from '../../types/errors.js';
import { Integer } from '../../types/ids.js';
import { jsonResponse } from '../http-error.js';

/**
 * What goes wrong. `dropAnswer`, `malformedJson`, `malformedProtobuf`, `wrongShape` and `halfBody` let the
 * request be handled first, so the server has done what was asked; all others answer instead of it.
 */
export const FaultAction = t.union(
  [
    /** The request is handled, then the connection is closed without an answer. */
    t.strict({ action: t.literal('dropAnswer') }),
    /** The connection is reset before anything is handled. */
    t.strict({ action: t.literal('reset') }),
    /** The request is handled `ms` milliseconds later. */
    t.strict({ action: t.literal('delay'), ms: Integer }),
    /** Any status, with a body (default `{"detail": …}`) and headers such as `Retry-After`. */
    t.intersection([
      t.strict({ action: t.literal('status'), status: Integer }),
      t.exact(t.partial({ body: t.unknown, headers: t.record(t.string, t.string) })),
    ]),
    /** The request is handled; the answer is cut JSON. */
    t.strict({ action: t.literal('malformedJson') }),
    /** The request is handled; the answer says that it is protobuf, and is none. */
    t.strict({ action: t.literal('malformedProtobuf') }),
    /** The request is handled; the answer is JSON of another shape (`body`, default `{"unexpected":true}`). */
    t.intersection([t.strict({ action: t.literal('wrongShape') }), t.exact(t.partial({ body: t.unknown }))]),
    /** The request is handled; half of the answer is sent, then the connection is closed. */
    t.strict({ action: t.literal('halfBody') }),
    /** A poll finds its operation paused (wire protocol §3.2). */
    t.intersection([
      t.strict({ action: t.literal('paused'), state: t.keyof({ paused_capacity: null, paused_rate_limit: null }) }),
      t.exact(t.partial({ reason: t.string })),
    ]),
    /** A poll finds its result gone: 410. */
    t.strict({ action: t.literal('expired') }),
    /** The account is blocked: 402. */
    t.intersection([t.strict({ action: t.literal('billing') }), t.exact(t.partial({ detail: t.string }))]),
  ],
  'FaultAction',
);
export type FaultAction = t.TypeOf<typeof FaultAction>;

/**
 * Which requests something goes wrong with: those to `endpoint` (a whole path, or what follows
 * `/api/v1/`, with parameters as they are or by name, as in `training_runs/{training_run_id}`; or `*`),
 * from the `nth` on since the rule was added (default 1), `count` of them (default 1).
 */
export const FaultTarget = t.intersection(
  [t.strict({ endpoint: t.string }), t.exact(t.partial({ nth: Integer, count: Integer }))],
  'FaultTarget',
);

/** One rule of fault injection; a flat object. */
export const FaultRule = t.intersection([FaultTarget, FaultAction], 'FaultRule');
export type FaultRule = t.TypeOf<typeof FaultRule>;

const actions = [
  'dropAnswer',
  'reset',
  'delay',
  'status',
  'malformedJson',
  'malformedProtobuf',
  'wrongShape',
  'halfBody',
  'paused',
  'expired',
  'billing',
] as const satisfies readonly FaultAction['action'][];

const longestDelayMs = 2_147_483_647;
/** Statuses whose answers have no body; none can be made with one. */
const withoutBody = new Set([204, 205, 304]);

/**
 * Checks a rule when it is added, wherever it comes from, so that none fails when it is applied.
 * @throws TinkerError `validation` naming the field, what was given and what is allowed
 */
export function checkFaultRule(given: unknown): FaultRule {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('rule', given, 'an object with endpoint and action');
  const { endpoint, action }: { endpoint?: unknown; action?: unknown } = given;
  if (typeof endpoint !== 'string' || endpoint === '') throw invalid('rule.endpoint', endpoint, 'a path, what follows /api/v1/ in one, or "*"');
  if (!actions.some((known) => known === action)) throw invalid('rule.action', action, `one of ${actions.join(', ')}`);
  const decoded = FaultRule.decode(given);
  if (E.isLeft(decoded)) throw firstOwn(decoded.left);
  const rule = decoded.right;
  inRange('rule.nth', rule.nth, 1, Number.MAX_SAFE_INTEGER);
  inRange('rule.count', rule.count, 1, Number.MAX_SAFE_INTEGER);
  if (rule.action === 'delay') inRange('rule.ms', rule.ms, 0, longestDelayMs);
  if (rule.action === 'wrongShape') checkAnswer(200, rule.body, {});
  if (rule.action === 'status') {
    inRange('rule.status', rule.status, 200, 599);
    if (withoutBody.has(rule.status)) throw invalid('rule.status', rule.status, 'a status whose answers have a body');
    checkAnswer(rule.status, rule.body, rule.headers ?? {});
  }
  return rule;
}

/** What is wrong with the action that was meant: the union complains for all the others, too. */
function firstOwn(errors: t.Errors): TinkerError {
  const memberOf = ({ context }: t.ValidationError): string => context.slice(0, 3).map(({ key }) => key).join('.');
  const others = new Set(errors.filter(({ context }) => context.at(-1)?.key === 'action').map(memberOf));
  const own = errors.find((error) => !others.has(memberOf(error)));
  const path = own?.context.map(({ key }) => key).filter((key) => !/^\d*$/.test(key)) ?? [];
  const expected = own?.message ?? own?.context.at(-1)?.type.name ?? 'another value';
  return invalid(['rule', ...path].join('.'), own?.value, expected.replace(/^expected /, ''));
}

/** Whether an answer can be made of these is best seen by making one. */
function checkAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>>): void {
  try {
    jsonResponse(body ?? null, status, headers);
  } catch (thrown) {
    throw new TinkerError('validation', `rule: no answer can be made of its body and headers: ${messageOf(thrown)}`, { field: 'rule', cause: thrown });
  }
}

function inRange(field: string, given: number | undefined, least: number, most: number): void {
  if (given !== undefined && (given < least || given > most)) throw invalid(field, given, `a whole number from ${least} to ${most}`);
}
