import * as t from 'io-ts';
import { query } from '../../api/route.js';
import { Integer } from '../../types/ids.js';
import { field, message, optional } from '../../types/message.js';
import type { LocalApi } from '../local-api.js';
import { answer, type ServerApp } from '../routing.js';
import { sessionOfRun } from '../runs/run-ids.js';
import { localUser } from '../tokens.js';

const StorageUsageItem = message('StorageUsageItem', {
  projectId: optional('project_id', t.string),
  orgUserUrn: field('org_user_urn', t.string),
  userName: field('user_name', t.string),
  checkpointCount: field('checkpoint_count', Integer),
  sizeBytes: field('size_bytes', Integer),
  sizeGigabytes: field('size_gigabytes', t.number),
});
type StorageUsageItem = t.TypeOf<typeof StorageUsageItem>;

/** What the checkpoints take that are there; newer official clients ask for it. */
const storageUsage = query(
  '/api/v1/billing/usage/checkpoints/current',
  message('StorageUsageRequest', { projectId: optional('project_id', t.string) }),
  message('StorageUsageResponse', { data: field('data', t.readonlyArray(StorageUsageItem)) }),
);

const bytesPerGigabyte = 1e9;

/** The storage that is used now, by project, the largest first. */
export function addStorageRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, storageUsage, ({ projectId }) => {
    const items = storedByProject(api).filter((item) => projectId === undefined || item.projectId === projectId);
    return { data: items.sort((one, other) => other.sizeBytes - one.sizeBytes) };
  });
}

function storedByProject({ checkpoints, sessions }: LocalApi): StorageUsageItem[] {
  const sizes = new Map<string | undefined, number[]>();
  for (const { modelId, sizeBytes } of checkpoints.list()) {
    const projectId = sessions.find(sessionOfRun(modelId))?.projectId;
    const known = sizes.get(projectId);
    if (known === undefined) sizes.set(projectId, [sizeBytes]);
    else known.push(sizeBytes);
  }
  return [...sizes].map(([projectId, each]) => {
    const sizeBytes = each.reduce((sum, size) => sum + size, 0);
    return { projectId, orgUserUrn: localUser, userName: 'local', checkpointCount: each.length, sizeBytes, sizeGigabytes: sizeBytes / bytesPerGigabyte };
  });
}
