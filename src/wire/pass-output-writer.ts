import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { TensorData } from '../types/tensor.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { packInt64 } from './packed.js';
import { ForwardBackwardOutputSchema, type ArrayRecordSchema, type BatchedTensorSchema } from './proto/tinker_public_pb.js';
import { dtypeNumber, packValues } from './tensor-proto.js';

/** The result of a pass as a body (wire protocol §5.4). */
export function encodePassOutput({ lossFnOutputType, lossFnOutputs, metrics }: ForwardBackwardOutput): Uint8Array<ArrayBuffer> {
  return toBinary(
    ForwardBackwardOutputSchema,
    create(ForwardBackwardOutputSchema, { lossFnOutputType, lossFnOutputs: toProtoRecords(lossFnOutputs), metrics }),
  );
}

/** The named tensors that a loss gives for one datum. */
type LossFnOutput = Readonly<Record<string, TensorData>>;

/**
 * Outputs of consecutive datums (§5.4), in as few records as their dtypes and trailing
 * shapes allow. A tensor that some datum lacks is an empty slice there, as the protocol has it.
 */
function toProtoRecords(outputs: readonly LossFnOutput[]): MessageInitShape<typeof ArrayRecordSchema>[] {
  const names = [...new Set(outputs.flatMap((output) => Object.keys(output)))];
  return groups(outputs).map((group) => ({
    fields: Object.fromEntries(names.map((name) => [name, toBatched(group.flatMap((output) => output.get(name) ?? [undefined]))])),
    numDatums: BigInt(group.length),
  }));
}

type Columns = ReadonlyMap<string, TensorData>;

function groups(outputs: readonly LossFnOutput[]): (readonly Columns[])[] {
  const done: Columns[][] = [];
  let kinds = new Map<string, string>();
  for (const output of outputs) {
    const columns = new Map(Object.entries(output).map(([name, tensor]) => [name, tensor.toDense()]));
    const own = [...columns].map(([name, { dtype, shape }]) => [name, `${dtype} ${shape.slice(1).join()}`] as const);
    const current = done.at(-1);
    if (current !== undefined && own.every(([name, kind]) => (kinds.get(name) ?? kind) === kind)) {
      current.push(columns);
    } else {
      done.push([columns]);
      kinds = new Map();
    }
    for (const [name, kind] of own) kinds.set(name, kind);
  }
  return done;
}

function toBatched(slices: readonly (TensorData | undefined)[]): MessageInitShape<typeof BatchedTensorSchema> {
  const [first] = slices.flatMap((slice) => slice ?? []);
  const parts = slices.map((slice) => (slice === undefined ? new Uint8Array(0) : packValues(slice.data)));
  const offsets = new BigInt64Array(parts.length + 1);
  let end = 0;
  parts.forEach(({ length }, index) => {
    end += length;
    offsets[index + 1] = BigInt(end);
  });
  return {
    data: Buffer.concat(parts, end),
    offsets: packInt64(offsets),
    dtype: dtypeNumber(first?.dtype ?? 'float32'),
    trailingShape: (first?.shape ?? []).slice(1).map(BigInt),
  };
}
