import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { Runtime } from '../../src/service/runtime.js';
import { resolveConfig } from '../../src/config.js';
import { SamplingClient } from '../../src/sampling-client.js';
import { checkRetryConfig } from '../../src/sampling/sampling-options.js';
import { TrainingCalls } from '../../src/training/training-calls.js';
import { ephemeralSaveOrder } from '../../src/training/training-orders.js';
import { defaultClientConfig } from '../../src/types/service.js';
import { leftOf } from '../support/codec.js';
import { simulatedEnvironment } from '../support/simulated.js';

describe('ephemeralSaveOrder', () => {
  it('fails when the service was closed before the session came', async () => {
    const runtime = new Runtime(resolveConfig({ baseUrl: 'http://x.test', apiKey: 'k', environment: simulatedEnvironment() }));
    const { sender } = new TrainingCalls(runtime, 'm', defaultClientConfig);
    const open = (id: string) => new SamplingClient(runtime, id, checkRetryConfig());
    const order = ephemeralSaveOrder(sender, {}, () => 0, open);
    const dispatch = { seqId: 1, optimStepsBefore: 0 };
    expect(E.isRight(order.finish({ samplingSessionId: 's' }, dispatch))).toBe(true);
    await runtime.close();
    expect(leftOf(order.finish({ samplingSessionId: 's' }, dispatch))).toMatchObject({
      kind: 'cancelled',
      message: 'The ServiceClient is closed. Open a new one.',
    });
  });
});
