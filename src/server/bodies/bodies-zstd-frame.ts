/** What a zstd frame says of itself (RFC 8878 §3.1.1). */
export interface ZstdFrame {
  /** Bytes of its content; 0 when it does not tell. */
  readonly contentSize: number;
  /** Bytes that a decoder must keep behind it. */
  readonly windowSize: number;
  /** Where the frame ends; beyond the body when that was cut. */
  readonly end: number;
}

const magic = 0xfd2fb528;
const shortest = 9;
const headerOfBlock = 3;
const repeatedByte = 1;

/**
 * Reads the first frame's header and walks over its blocks, without decompressing any.
 * @throws Error when there is none
 */
export function readFrame(body: Uint8Array): ZstdFrame {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.byteLength < shortest || view.getUint32(0, true) !== magic) throw new Error('it does not begin as a zstd frame does');
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeAt = (isSingleSegment ? 5 : 6) + (2 ** (descriptor & 3) >> 1);
  const sizeWidth = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (sizeAt + sizeWidth > view.byteLength) return { contentSize: 0, windowSize: 0, end: Infinity };
  const checksumWidth = (descriptor & 4) === 0 ? 0 : 4;
  return {
    contentSize: contentSize(view, sizeAt, sizeWidth),
    windowSize: isSingleSegment ? 0 : windowSize(view.getUint8(5)),
    end: blocksEnd(view, sizeAt + sizeWidth) + checksumWidth,
  };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(view: DataView, at: number, width: number): number {
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return 0;
  }
}

function blocksEnd(view: DataView, start: number): number {
  for (let at = start; ; ) {
    if (at + headerOfBlock > view.byteLength) return Infinity;
    const header = view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    const stored = ((header >> 1) & 3) === repeatedByte ? 1 : header >> 3;
    at += headerOfBlock + stored;
    if ((header & 1) === 1) return at;
  }
}
