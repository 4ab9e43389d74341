import { TensorData } from '../types/tensor.js';
import { product } from '../types/tensor-values.js';
import { aligned, unpackInt64 } from './packed.js';
import { ProtoMessage } from './proto-message.js';
import { wireDtype } from './tensor-proto.js';

// Datums without any field take no room in the message, however many it says there are.
const mostBare = 1_000_000;

/**
 * The outputs per datum, by the rules of the protocol (§5.4). How many datums there are is for the
 * records to say, whatever their fields hold.
 * @throws Error when a field has fewer slices than there are datums, or is none
 */
export function fromRecords(records: readonly ProtoMessage[]): Record<string, TensorData>[] {
  const columns = new Map<string, TensorData[]>();
  for (const record of records) {
    for (const [name, field] of tensorsOf(record)) {
      const column = columns.get(name) ?? [];
      for (const slice of fromBatched(field, name)) column.push(slice);
      columns.set(name, column);
    }
  }
  const entries = [...columns];
  const said = records.reduce((sum, record) => sum + record.integer(3), 0);
  const first = entries[0]?.[1] ?? [];
  if (said > mostBare && said > first.length) throw new Error(`${said} datums are announced, and there are values for ${first.length}`);
  return Array.from({ length: said === 0 ? first.length : said }, (_, index) =>
    Object.fromEntries(entries.map(([name, column]) => [name, sliceOf(column, index, name)])),
  );
}

function sliceOf(column: readonly TensorData[], index: number, name: string): TensorData {
  const slice = column[index];
  if (slice === undefined) throw new Error(`field ${name} has values for ${column.length} datums only`);
  return slice;
}

/** The tensors of a record by name; of two with one name, the last. */
function tensorsOf(record: ProtoMessage): ReadonlyMap<string, ProtoMessage> {
  return new Map(record.messages(2).map((entry) => [entry.text(1), new ProtoMessage(entry.bytes(2))]));
}

function fromBatched(tensor: ProtoMessage, name: string): TensorData[] {
  const { width, unpack } = wireDtype(tensor.integer(3));
  // Copied at once where it has to be: thousands of small copies take several times as long.
  const data = aligned(tensor.bytes(1), width);
  const trailing = tensor.integers(4);
  const step = product(trailing);
  const [start = 0, ...ends] = Array.from<number | bigint, number>(unpackInt64(tensor.bytes(2)), Number);
  let from = start;
  return ends.map((to) => {
    if (from < 0 || to < from || to > data.length) throw new Error(`field ${name}: its offsets do not fit its ${data.length} bytes`);
    const values = unpack(data.subarray(from, to));
    const rows = step === 0 ? 0 : (to - from) / width / step;
    from = to;
    return new TensorData(values, [rows, ...trailing]);
  });
}
