import type { TrainingClient } from '../../training-client.js';
import { TinkerError } from '../../types/errors.js';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { datum, logprobsOf } from '../data.js';
import { differs, failed, notOffered, saying, supported, type Verdict } from '../verdict.js';

const { check } = checksOf('encoding');

// More than the default of a chunk's datums.
const manyDatums = 1030;
// What a server does not read it often answers with 500, which is asked again for so long.
const shortMs = 2_000;

/** How passes are written, and how large ones are sent (wire protocol §4.3, Appendix C). */
export const encodingChecks = [
  check('passes in protobuf', (bench) => encoded(bench, 'protobuf', 'passes go out in JSON; the first one finds that out')),
  check('passes in JSON', (bench) => encoded(bench, 'json', 'passes go out in protobuf')),
  check('a pass of several chunks', async ({ training, limits }) => {
    const client: TrainingClient = await training.get();
    const lengths = Array.from({ length: manyDatums }, (_, index) => 1 + (index % 3));
    const output = await client.forward(lengths.map((length) => datum(length)), 'cross_entropy', undefined, limits);
    const inOrder = logprobsOf(output).map(({ length }) => length).join() === lengths.join();
    return inOrder ? supported(`${manyDatums} datums`) : failed(`${manyDatums} datums come back as ${output.lossFnOutputs.length}, or in another order`);
  }),
];

async function encoded(bench: Workbench, encoding: 'protobuf' | 'json', otherwise: string): Promise<Verdict> {
  try {
    return await bench.traces.using(await bench.model({}, bench.open(encoding, shortMs)), async (training) => {
      await training.forwardBackward([datum()], 'cross_entropy', undefined, bench.limits);
      await training.optimStep({ learningRate: 0 }, bench.limits);
      return supported();
    });
  } catch (thrown) {
    // A body that a server cannot read may well crash it: then there is no refusal in words.
    if (!(thrown instanceof TinkerError)) throw thrown;
    return encoding === 'protobuf' ? differs(`${saying(thrown)}: ${otherwise}`) : notOffered(`${saying(thrown)}: ${otherwise}`);
  }
}
