import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { invalid, type TinkerError } from './errors.js';
import { recordOf } from './record.js';

/** Which of the two kinds of checkpoint a path names. */
export type CheckpointType = 'training' | 'sampler';

/** `tinker://RUN/weights/NAME`: a checkpoint that training can be resumed from. */
export type TrainingCheckpointPath = `tinker://${string}/weights/${string}`;

/** `tinker://RUN/sampler_weights/NAME`: a checkpoint that can be sampled from. */
export type SamplerCheckpointPath = `tinker://${string}/sampler_weights/${string}`;

/** `P`, unless it is known to name a checkpoint that holds no training state. */
export type LoadablePath<P extends string> = P & (P extends SamplerCheckpointPath ? never : P);

/** A checkpoint path taken apart (wire protocol §6.8, ParsedCheckpointTinkerPath). */
export interface ParsedCheckpointPath {
  readonly path: string;
  readonly trainingRunId: string;
  readonly checkpointType: CheckpointType;
  /** The kind and the name as the REST calls want them: `weights/NAME`. */
  readonly checkpointId: string;
  readonly name: string;
}

const scheme = 'tinker://';
const kinds: ReadonlyMap<string, CheckpointType> = new Map([['weights', 'training'], ['sampler_weights', 'sampler']]);
const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;
const nameRule = '1 to 255 letters, digits, "_", "-" or "." (not first), without "/"';

/** Takes a checkpoint path of either kind apart. `field` names the argument in the error. */
export function parseCheckpointPath(path: unknown, field = 'path'): E.Either<TinkerError, ParsedCheckpointPath> {
  const allowed = 'a checkpoint path such as tinker://RUN/weights/NAME';
  if (typeof path !== 'string' || !path.startsWith(scheme)) return E.left(invalid(field, path, allowed));
  const [trainingRunId, kind = '', name, ...rest] = path.slice(scheme.length).split('/');
  const checkpointType = kinds.get(kind);
  if (!trainingRunId || !name || checkpointType === undefined || rest.length > 0) {
    return E.left(invalid(field, path, allowed));
  }
  return E.right({ path, trainingRunId, checkpointType, checkpointId: `${kind}/${name}`, name });
}

/**
 * Takes the path of a training checkpoint apart. A sampler path is refused: it holds no optimizer
 * state and the server loads training checkpoints only (wire protocol §9.5).
 */
export function parseTrainingPath(path: unknown, field = 'path'): E.Either<TinkerError, ParsedCheckpointPath> {
  const parsed = parseCheckpointPath(path, field);
  if (E.isRight(parsed) && parsed.right.checkpointType === 'sampler') {
    return E.left(
      invalid(
        field,
        path,
        'a training checkpoint (tinker://RUN/weights/NAME). A sampler checkpoint belongs to createSamplingClient; ' +
          'for one that loads, save with saveState',
      ),
    );
  }
  return parsed;
}

/** Checks the name of a checkpoint to be saved: one path segment that every known server takes. */
export function checkCheckpointName(name: unknown): E.Either<TinkerError, string> {
  return typeof name === 'string' && namePattern.test(name) ? E.right(name) : E.left(invalid('name', name, nameRule));
}

/** Checks a time to live: whole seconds, at least one; absent means that the checkpoint is kept. */
export function checkTtlSeconds(ttlSeconds: unknown): E.Either<TinkerError, number | undefined> {
  if (ttlSeconds === undefined) return E.right(undefined);
  return typeof ttlSeconds === 'number' && Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0
    ? E.right(ttlSeconds)
    : E.left(invalid('ttlSeconds', ttlSeconds, 'a whole number of seconds, at least 1 (leave it out to keep the checkpoint)'));
}

/** A whole number that JavaScript holds exactly. */
export const Integer = new t.Type<number>(
  'Integer',
  (value): value is number => Number.isSafeInteger(value),
  (value, context) => {
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? t.success(value)
      : t.failure(value, context, 'expected a whole number');
  },
  t.identity,
);

/** A number that JSON can carry: neither NaN nor an infinity. */
export const FiniteNumber = new t.Type<number>(
  'FiniteNumber',
  (value): value is number => Number.isFinite(value),
  (value, context) => {
    return typeof value === 'number' && Number.isFinite(value)
      ? t.success(value)
      : t.failure(value, context, 'expected a finite number');
  },
  t.identity,
);

/** A number, or null where a server had none that JSON can carry: that reads as NaN. */
export const MetricValue = new t.Type<number>(
  'MetricValue',
  (value): value is number => typeof value === 'number',
  (value, context) => {
    const number = value === null ? Number.NaN : value;
    return typeof number === 'number' ? t.success(number) : t.failure(value, context, 'expected a number');
  },
  t.identity,
);

/** An open map of names to values of the user's own. */
export const UserMetadata = recordOf(t.unknown, 'UserMetadata');
export type UserMetadata = Readonly<Record<string, unknown>>;
