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
  /** The whole path, as it was given. */
  readonly path: string;
  /** The RUN of the path: the id of the model that saved it, opaque (wire protocol §4.5). */
  readonly trainingRunId: string;
  /** `training` for `weights`, `sampler` for `sampler_weights`. */
  readonly checkpointType: CheckpointType;
  /** The kind and the name as the REST calls want them: `weights/NAME`. */
  readonly checkpointId: string;
  /** The NAME of the path, unique among the run's checkpoints of its kind. */
  readonly name: string;
}

const scheme = 'tinker://';
const kinds: ReadonlyMap<string, CheckpointType> = new Map([['weights', 'training'], ['sampler_weights', 'sampler']]);
const pathShape = 'a checkpoint path such as tinker://RUN/weights/NAME';

const runPattern = /^(?!\.{1,2}$)[\x21-\x7e]+$/;
const runRule = 'RUN of printable ASCII characters without spaces, neither "." nor ".."';

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;
const nameRule = '1 to 255 letters, digits, "_", "-" or "." (not first), without "/"';

// Servers other than ours choose names too, after their model ids among others, which hold colons.
const givenNamePattern = /^[A-Za-z0-9_-][A-Za-z0-9._:-]{0,254}$/;
const givenNameRule = 'NAME of 1 to 255 letters, digits, "_", "-", ":" or "." (neither ":" nor "." first)';

/**
 * Takes a checkpoint path of either kind apart (wire protocol §6.8). RUN is one or more printable ASCII
 * characters (hosted ids look like `UUID:train:0`), NAME 1 to 255 letters, digits, `_`, `-`, `:` or `.`,
 * the last two not first.
 * @param field names the argument in the error; default `path`
 * @returns an fp-ts `Either`, nothing is thrown: `{ _tag: 'Right', right: ParsedCheckpointPath }`, or
 * `{ _tag: 'Left', left: TinkerError }` of kind `validation`
 */
export function parseCheckpointPath(path: unknown, field = 'path'): E.Either<TinkerError, ParsedCheckpointPath> {
  const refused = (allowed: string) => E.left(invalid(field, path, allowed));
  if (typeof path !== 'string' || !path.startsWith(scheme)) return refused(pathShape);
  const [trainingRunId, kind = '', name, ...rest] = path.slice(scheme.length).split('/');
  const checkpointType = kinds.get(kind);
  if (!trainingRunId || !name || checkpointType === undefined || rest.length > 0) return refused(pathShape);
  if (!runPattern.test(trainingRunId)) return refused(`${pathShape}, with a ${runRule}`);
  if (!givenNamePattern.test(name)) return refused(`${pathShape}, with a ${givenNameRule}`);
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
        'a training checkpoint (tinker://RUN/weights/NAME). A sampler checkpoint is one of the sampling API ' +
          '(createSamplingClient): it can be sampled from but not trained on; saveState makes one that loads',
      ),
    );
  }
  return parsed;
}

/** Checks the name of a checkpoint to be saved: one path segment that every known server takes. */
export function checkCheckpointName(name: unknown): E.Either<TinkerError, string> {
  return typeof name === 'string' && namePattern.test(name) ? E.right(name) : E.left(invalid('name', name, nameRule));
}

/** 100 years, so that the moment of expiry is a date that every server can write. */
const longestTtlSeconds = 3_153_600_000;

/** Checks a time to live: whole seconds, from one to 100 years; absent means that the checkpoint is kept. */
export function checkTtlSeconds(ttlSeconds: unknown): E.Either<TinkerError, number | undefined> {
  if (ttlSeconds === undefined) return E.right(undefined);
  return typeof ttlSeconds === 'number' && Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= longestTtlSeconds
    ? E.right(ttlSeconds)
    : E.left(
        invalid(
          'ttlSeconds',
          ttlSeconds,
          `a whole number of seconds, at least 1 and at most ${longestTtlSeconds}, which is 100 years (leave it out to keep the checkpoint)`,
        ),
      );
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
