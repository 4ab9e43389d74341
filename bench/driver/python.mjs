import { join } from 'node:path';
import { environmentWith, newestVersion } from '../../tests/python/support/environments.mjs';
import { findPython } from '../../tests/python/support/python.mjs';

/** The version whose environment the conformance tests make as well; its pip knows the newest one. */
const known = '0.25.0';

/**
 * The interpreter of an environment with the official SDK: the one that the conformance tests use.
 * @param {string} wanted `newest`, a version, or `none`
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} undefined, said why, where there is no Python or no PyPI
 */
export async function sdkPython(wanted, say) {
  if (wanted === 'none') return undefined;
  try {
    const python = await findPython();
    const version = wanted === 'newest' ? await newestVersion(await environmentWith(python, known, say)) : wanted;
    return join(await environmentWith(python, version, say), 'bin/python');
  } catch (error) {
    say(`The official SDK is not measured. ${error.message}`);
    return undefined;
  }
}
