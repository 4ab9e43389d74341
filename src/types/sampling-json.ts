import * as t from 'io-ts';
import { Integer } from './ids.js';

/** A token that the model might have put in a place of the prompt. */
export interface TopkLogprob {
  /** The token's id. */
  readonly token: number;
  /** Its natural log-probability, given the tokens before it. */
  readonly logprob: number;
}

/** Per token of the prompt the likeliest tokens in its place, likeliest first; null where there are none. */
export type TopkPromptLogprobs = readonly (readonly TopkLogprob[] | null)[];

/** Numbers for JSON, which has no NaN and no infinities: they go out as null. */
function toJsonNumber(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

/** Log-probabilities of the tokens of a sequence; null in JSON reads as NaN. */
export const LogprobsFromJson = new t.Type<Float32Array, readonly (number | null)[]>(
  'Logprobs',
  (value): value is Float32Array => value instanceof Float32Array,
  (value, context) =>
    Array.isArray(value) && value.every(isNumberOrNull)
      ? t.success(Float32Array.from(value, (logprob) => logprob ?? Number.NaN))
      : t.failure(value, context, 'expected an array of numbers'),
  (logprobs) => Array.from(logprobs, toJsonNumber),
);

/** Log-probabilities of the tokens of a prompt; null where a token has none, as the first one. */
export const NullableLogprobs = new t.Type<readonly (number | null)[]>(
  'NullableLogprobs',
  (value): value is readonly (number | null)[] => Array.isArray(value) && value.every(isNumberOrNull),
  (value, context) =>
    Array.isArray(value) && value.every(isNumberOrNull) ? t.success(value) : t.failure(value, context, 'expected an array of numbers and nulls'),
  (logprobs) => logprobs.map((logprob) => (logprob === null ? null : toJsonNumber(logprob))),
);

const TopkPair = t.tuple([Integer, t.number], 'TopkPair');
const TopkRows = t.readonlyArray(t.union([t.readonlyArray(TopkPair), t.null]), 'TopkRows');

/** The same for the likeliest tokens: in JSON pairs of token and log-probability. */
export const TopkPromptLogprobsFromJson = new t.Type<TopkPromptLogprobs, unknown>(
  'TopkPromptLogprobs',
  (value): value is TopkPromptLogprobs => Array.isArray(value) && value.every((row) => row === null || Array.isArray(row)),
  (value, context) =>
    TopkRows.is(value)
      ? t.success(value.map((row) => row?.map(([token, logprob]) => ({ token, logprob })) ?? null))
      : t.failure(value, context, 'expected an array of rows, each null or an array of pairs of token id and log-probability'),
  (rows) => rows.map((row) => row?.map(({ token, logprob }) => [token, logprob]) ?? null),
);
