import { setImmediate } from 'node:timers/promises';
import { textDatum } from './data.js';
import { smallClient, type Program } from './program.js';

const start: Program = {
  name: 'start',
  env: {
    TINKER_TAGS: 'recorded',
    TINKER_PROJECT_ID: 'project-1',
    CLOUDFLARE_ACCESS_CLIENT_ID: 'client-1',
    CLOUDFLARE_ACCESS_CLIENT_SECRET: 'not a secret',
  },
  run: async ({ open }) => {
    const service = open({ userMetadata: { experiment: 'récorded', step: '1' }, defaultHeaders: { 'X-Recorded': 'yes' } });
    await service.getServerCapabilities();
    const full = await service.createLoraTrainingClient({
      baseModel: 'local/tiny',
      rank: 8,
      seed: 7,
      trainMlp: true,
      trainAttn: false,
      trainUnembed: false,
      userMetadata: { run: 'full' },
    });
    await service.createLoraTrainingClient({ baseModel: 'local/tiny' });
    await full.getInfo();
  },
};

const token: Program = {
  name: 'token',
  tokens: true,
  run: async ({ open }) => {
    const service = open();
    const client = await smallClient(service);
    await client.forward([textDatum()], 'cross_entropy');
    await service.createRestClient().whoami();
  },
};

const heartbeat: Program = {
  name: 'heartbeat',
  awaitsHeartbeat: true,
  run: async ({ open, passTenSeconds, until }) => {
    await smallClient(open());
    passTenSeconds();
    await until('/api/v1/session_heartbeat', 1);
  },
};

const telemetry: Program = {
  name: 'telemetry',
  env: { TINKER_TELEMETRY: '1' },
  run: async ({ open, passTenSeconds, until }) => {
    const service = open();
    await smallClient(service);
    passTenSeconds();
    await until('/api/v1/telemetry', 1);
    while (service.getTelemetry().sent === 0) await setImmediate();
  },
};

const unload: Program = {
  name: 'unload',
  run: async ({ open }) => {
    const client = await smallClient(open());
    await client.unload();
  },
};

export const servicePrograms: readonly Program[] = [start, token, heartbeat, telemetry, unload];
