import { describe, expect, it } from '@jest/globals';
import { withLocalServer } from '../support/local-server.js';
import { runPython } from './support/run-python.js';
import { sdks } from './support/versions.js';

describe.each(sdks)('SDK $version', (sdk) => {
  describe('service', () => {
    it('get_server_capabilities', () =>
      withLocalServer(async (server) => {
        const { lines } = await runPython(sdk, 'sdk_service.py', { server });
        expect(lines).toEqual([{ models: ['local/tiny', 'local/small', 'local/base'] }]);
      }));
  });
});
