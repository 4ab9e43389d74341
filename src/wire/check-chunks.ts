import type { EncodableDatum } from '../types/data.js';
import { invalidPhrase } from '../types/errors.js';

/**
 * Refuses images that the server holds: only sampling takes those (wire protocol §5.3).
 * @throws TinkerError `validation` naming the chunk
 */
export function checkChunks(data: readonly EncodableDatum[]): void {
  data.forEach(({ modelInput }, index) => {
    const pointer = modelInput.chunks.findIndex(({ type }) => type === 'image_asset_pointer');
    if (pointer === -1) return;
    const at = `data[${index}].modelInput.chunks[${pointer}]`;
    throw invalidPhrase(at, 'an image asset pointer', 'text, an image or audio: training requests cannot carry pointers; imageChunk takes the image itself');
  });
}
