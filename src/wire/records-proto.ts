import type { MessageInitShape } from '@bufbuild/protobuf';
import { TensorData } from '../types/tensor.js';
import { product } from '../types/tensor-values.js';
import { packInt64, unpackInt64 } from './packed.js';
import type { ArrayRecord, ArrayRecordSchema, BatchedTensor, BatchedTensorSchema } from './proto/tinker_public_pb.js';
import { dtypeNumber, packValues, wireDtype } from './tensor-proto.js';

/** The named tensors that a loss gives for one datum. */
type LossFnOutput = Readonly<Record<string, TensorData>>;

/**
 * Outputs of consecutive datums (wire protocol §5.4), in as few records as their dtypes and trailing
 * shapes allow. A tensor that some datum lacks is an empty slice there, as the protocol has it.
 */
export function toProtoRecords(outputs: readonly LossFnOutput[]): MessageInitShape<typeof ArrayRecordSchema>[] {
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

/**
 * The outputs per datum, by the rules of the protocol (§5.4). How many datums there are is for the
 * records to say, whatever their fields hold.
 * @throws Error when a field has fewer slices than there are datums, or is none
 */
export function fromProtoRecords(records: readonly ArrayRecord[]): Record<string, TensorData>[] {
  const columns = new Map<string, TensorData[]>();
  for (const { fields } of records) {
    for (const [name, field] of Object.entries(fields)) {
      const column = columns.get(name) ?? [];
      for (const slice of fromBatched(field, name)) column.push(slice);
      columns.set(name, column);
    }
  }
  const entries = [...columns];
  const said = records.reduce((sum, { numDatums }) => sum + Number(numDatums), 0);
  const first = entries[0]?.[1] ?? [];
  return Array.from({ length: said === 0 ? first.length : said }, (_, index) =>
    Object.fromEntries(entries.map(([name, column]) => [name, sliceOf(column, index, name)])),
  );
}

function sliceOf(column: readonly TensorData[], index: number, name: string): TensorData {
  const slice = column[index];
  if (slice === undefined) throw new Error(`field ${name} has values for ${column.length} datums only`);
  return slice;
}

function fromBatched({ data, offsets, dtype, trailingShape }: BatchedTensor, name: string): TensorData[] {
  const { width, unpack } = wireDtype(dtype);
  const trailing = trailingShape.map(Number);
  const step = product(trailing);
  const [start = 0, ...ends] = Array.from<number | bigint, number>(unpackInt64(offsets), Number);
  let from = start;
  return ends.map((to) => {
    if (from < 0 || to < from || to > data.length) throw new Error(`field ${name}: its offsets do not fit its ${data.length} bytes`);
    const values = unpack(data.subarray(from, to));
    const rows = step === 0 ? 0 : (to - from) / width / step;
    from = to;
    return new TensorData(values, [rows, ...trailing]);
  });
}
