import { ModelInput, TensorData, type Datum } from '../../../src/index.js';

/** The data that the programs share; tests/python/programs holds the same in Python. */
export const text = 'To be, or not to be, that is the question';

/** Each byte of the text predicts the next. */
export function textDatum(content = text): Datum {
  const tokens = [...Buffer.from(content)];
  const targets = tokens.slice(1);
  return {
    modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
    lossFnInputs: { target_tokens: TensorData.from(targets, 'int64'), weights: TensorData.from(targets.map(() => 1), 'float32') },
  };
}

export function policyDatum(): Datum {
  return {
    modelInput: ModelInput.fromInts([5, 6, 7, 8]),
    lossFnInputs: { target_tokens: [6, 7, 8, 9], logprobs: [-0.5, -1.25, -2, -0.1], advantages: [1, -1, 0.5, 0] },
  };
}

/** Two targets a position. */
export function matrixDatum(): Datum {
  return {
    modelInput: ModelInput.fromInts([1, 2, 3]),
    lossFnInputs: {
      target_tokens: [
        [2, 4],
        [3, 5],
        [4, 6],
      ],
      weights: [
        [1, 0.5],
        [0.25, 0],
        [1, 3],
      ],
    },
  };
}

export function sparseDatum(): Datum {
  const csr = { crowIndices: [0, 1, 1, 2], colIndices: [1, 3], shape: [3, 4] } as const;
  return {
    modelInput: ModelInput.fromInts([1, 2, 3]),
    lossFnInputs: {
      target_tokens: TensorData.sparse({ values: Int32Array.of(7, 9), ...csr }),
      weights: TensorData.sparse({ values: Float32Array.of(1, 2), ...csr }),
    },
  };
}

/** Inputs as bare arrays, a prompt of two chunks. */
export function plainDatum(): Datum {
  return {
    modelInput: ModelInput.fromInts([1, 2]).appendInt(3),
    lossFnInputs: { target_tokens: [2, 3, 2_147_483_647 % 250], weights: [0.1, 0.2, 0.7] },
  };
}
