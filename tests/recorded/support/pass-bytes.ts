import { fromBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { ForwardBackwardRequestSchema } from '../../../src/wire/proto/tinker_public_pb.js';
import { fieldWith, fieldsOf, type ProtoField } from './proto-fields.js';

const modelIdField = 1;
const dataField = 3;
/** Loss inputs. */
const datumMaps = [2];
/** Settings of the loss, and what newer releases call the same. */
const passMaps = [5, 7];
const lastKnownField = 6;

/** The same pass with another text in the place of the model's id; every other byte stays. */
export function renameModel(pass: Buffer, rename: (modelId: string) => string): Buffer {
  return Buffer.concat(
    fieldsOf(pass).map(({ number, bytes, content }) =>
      number === modelIdField && content !== undefined ? fieldWith(modelIdField, Buffer.from(rename(content.toString()))) : bytes,
    ),
  );
}

/** What a pass says, by the names of the protocol; fields that it does not have are under `unknownFields`. */
export function decodedPass(pass: Buffer): JsonValue {
  const message = fromBinary(ForwardBackwardRequestSchema, pass);
  const unknown = [...(message.$unknown ?? []), ...message.data.flatMap((datum) => datum.$unknown ?? [])];
  const decoded = toJson(ForwardBackwardRequestSchema, message);
  return { pass: decoded, unknownFields: unknown.map(({ no, data }) => ({ number: no, bytes: Buffer.from(data).toString('hex') })) };
}

/**
 * The same pass with the entries of its maps in order, and nothing else changed: protobuf leaves their order open,
 * and the SDK's differs from one run to the next.
 */
export function withMapsInOrder(pass: Buffer): Buffer {
  const fields = fieldsOf(pass).map((field) =>
    field.number === dataField && field.content !== undefined
      ? { ...field, bytes: fieldWith(dataField, inOrder(fieldsOf(field.content), datumMaps)) }
      : field,
  );
  return inOrder(fields, passMaps);
}

/** Only the fields that the protocol knows. */
export function knownBytes(pass: Buffer): Buffer {
  return Buffer.concat(fieldsOf(pass).flatMap(({ number, bytes }) => (number <= lastKnownField ? [bytes] : [])));
}

function inOrder(fields: readonly ProtoField[], maps: readonly number[]): Buffer {
  const entries = new Map(maps.map((map) => [map, sorted(fields.filter(({ number }) => number === map))]));
  return Buffer.concat(fields.map(({ number, bytes }) => entries.get(number)?.shift() ?? bytes));
}

function sorted(fields: readonly ProtoField[]): Buffer[] {
  return fields.map(({ bytes }) => bytes).sort((one, other) => one.compare(other));
}
