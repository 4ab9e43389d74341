import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What a training checkpoint holds, bit for bit: a digest of weights and optimizer together.
 * @param {string} dataDir of the server that saved it
 * @param {string} path `tinker://RUN/weights/NAME`
 */
export async function savedDigest(dataDir, path) {
  const [run = '', , name = ''] = path.replace('tinker://', '').split('/');
  const folder = join(dataDir, 'checkpoints', run.replaceAll(':', '.'), name);
  const hash = createHash('sha256');
  for (const file of ['adapter_model.safetensors', 'optimizer.safetensors']) hash.update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}
