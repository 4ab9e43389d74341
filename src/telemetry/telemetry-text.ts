import { TinkerError, type TinkerErrorKind } from '../types/errors.js';

/**
 * Errors whose words come from the server or the transport. Those of the other kinds show what the
 * caller gave, or pieces of answers: they are told by their kind alone.
 */
const tellable: ReadonlySet<TinkerErrorKind> = new Set([
  'connection',
  'timeout',
  'http',
  'requestFailed',
  'promiseExpired',
  'billing',
  'sessionLost',
]);
const longestText = 300;

const withheld: readonly (readonly [RegExp, string])[] = [
  // A stack, or a body of several lines.
  [/[\r\n].*$/s, ''],
  [/\b[a-z][\w+.-]*:\/\/[^\s'"<>]*/gi, '[URL]'],
  [/\b(?:authorization|cookie|set-cookie|x-api-key|cf-access-client-(?:id|secret))\b["']?\s*[:=].*$/gi, '[header]'],
  // A drive, a home, or a root, unless it is one of the API's own paths.
  [/\b[a-z]:\\[^\s'"]*/gi, '[path]'],
  [/(?<![\w.])~?\/(?!api\/v1\/)[^\s'"(),:;]+/g, '[path]'],
  [/\b(?:tml-|hf_|sk-|eyJ)[\w.-]+/g, '[secret]'],
  // Whatever is long and opaque may be a token that nobody told us of.
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}/gi, '[opaque]'],
  [/[\w+=-]{40,}/g, '[opaque]'],
];

/**
 * What telemetry may say of an error: the server's and the transport's words without secrets, URLs,
 * headers and paths of the machine, in at most 300 characters. Empty where the error's words are not to
 * be told.
 * @param hide takes out the secrets that are known
 */
export function textFor(error: Pick<TinkerError, 'kind' | 'message'> & { readonly cause?: unknown }, hide: (text: string) => string): string {
  if (tellable.has(error.kind)) return scrub(error.message, hide);
  return error.cause instanceof TinkerError ? textFor(error.cause, hide) : '';
}

/** The text without what telemetry must not carry. */
export function scrub(text: string, hide: (text: string) => string): string {
  const clean = withheld.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), hide(text));
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean;
}
