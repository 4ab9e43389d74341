import type { EncodableDatum } from '../types/data.js';
import { invalidPhrase } from '../types/errors.js';
import { TensorData } from '../types/tensor.js';

// Some self-hosted servers read the numbers of a tensor and not its shape: a matrix becomes one long row,
// which is cut to the length of the input, and nothing says so.

/** Where in a datum a matrix stands whose meaning is lost with its shape. */
export function firstMatrix(data: readonly EncodableDatum[]): string | undefined {
  for (const [index, { lossFnInputs }] of data.entries()) {
    const found = Object.entries(lossFnInputs).find(([, { shape }]) => shape.filter((extent) => extent !== 1).length > 1);
    if (found !== undefined) return `data[${index}].lossFnInputs.${found[0]}`;
  }
  return undefined;
}

/** Whether anything of a datum is sparse. */
export function isSparse({ lossFnInputs }: EncodableDatum): boolean {
  return Object.values(lossFnInputs).some(({ csr }) => csr !== undefined);
}

/**
 * Refuses what servers without sparse tensors cannot be sent in any form: they do not read shapes either.
 * @throws TinkerError `validation` naming the first sparse matrix
 */
export function checkSparse(data: readonly EncodableDatum[]): void {
  const matrix = firstMatrix(data.map((datum) => ({ ...datum, lossFnInputs: sparseOf(datum.lossFnInputs) })));
  if (matrix === undefined) return;
  const allowed = 'one number per token: this server takes no sparse tensors, and written out it would read this one as a single row';
  throw invalidPhrase(matrix, 'a sparse matrix', allowed);
}

/** The same datum with its sparse tensors written out, as rows of numbers. */
export function withoutSparse({ modelInput, lossFnInputs }: EncodableDatum): EncodableDatum {
  const dense = Object.entries(lossFnInputs).map(([name, tensor]) => [name, tensor.csr === undefined ? tensor : new TensorData(tensor.toDense().data)] as const);
  return { modelInput, lossFnInputs: Object.fromEntries(dense) };
}

type Tensors = EncodableDatum['lossFnInputs'];

function sparseOf(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([, { csr }]) => csr !== undefined));
}
