import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

const Sdk = t.intersection([t.strict({ version: t.string, folder: t.string }), t.exact(t.partial({ torch: t.string }))]);

/**
 * A version of the official Python SDK (`version`), the virtual environment that holds it (`folder`), and the PYTHONPATH
 * with which that has torch (`torch`), where it can.
 */
export type Sdk = t.TypeOf<typeof Sdk>;

const decoded = t.array(Sdk).decode(JSON.parse(process.env['TINKERJS_SDKS'] ?? 'null'));
if (E.isLeft(decoded)) throw new Error('run this suite with: npm run test:python');

/** The newest published SDK first, then 0.25.0: `describe.each(sdks)('SDK $version', (sdk) => …)`. */
export const sdks: readonly Sdk[] = decoded.right;
