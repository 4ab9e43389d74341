import type { ServiceRecord } from '../../../inspection/records.js';
import { dateAndTime, wholeDuration } from '../../model/format.js';
import { chosenClient, chosenService, now, presentService, published } from '../state.js';

/** Which service is shown: its server and its process. Several are chosen between. */
export function ServiceFacts() {
  const present = presentService();
  const all = [...published.value.store.services.values()];
  const service = present?.service;
  return (
    <div class="service" data-testid="service">
      {all.length > 1 && (
        <label class="service-choice">
          <span class="hidden">Service</span>
          <select
            class="select"
            data-testid="service-select"
            value={present?.id}
            onChange={({ currentTarget }) => {
              chosenService.value = currentTarget.value;
              chosenClient.value = undefined;
            }}
          >
            {all.map(({ id, service: one }, place) => (
              <option key={id} value={id}>
                {nameOf(id, one, place)}
              </option>
            ))}
          </select>
        </label>
      )}
      {service === undefined ? <span class="service-url">no service yet</span> : <ServiceLine service={service} />}
    </div>
  );
}

function ServiceLine({ service }: { readonly service: ServiceRecord }) {
  const { baseUrl, pid, nodeVersion, version, startedAt, closedAt } = service;
  const until = closedAt ?? now.value;
  return (
    <>
      <span class="service-url mono" data-testid="service-url" title={baseUrl}>
        {baseUrl}
      </span>
      <span class="service-more" title={`Started ${dateAndTime(startedAt)}`}>
        pid {pid} · Node {nodeVersion.replace(/^v/, '')} · tinkerjs {version} · {closedAt === undefined ? `up ${wholeDuration(until - startedAt)}` : `closed after ${wholeDuration(until - startedAt)}`}
      </span>
    </>
  );
}

function nameOf(id: string, service: ServiceRecord | undefined, place: number): string {
  const host = service === undefined ? id : service.baseUrl.replace(/^https?:\/\//, '');
  return `${place + 1}: ${host}${service?.closedAt === undefined ? '' : ' (closed)'}`;
}
