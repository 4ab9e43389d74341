import { isFiltering, type TimelineFilter } from '../../model/timeline-index.js';
import { countText } from '../../model/timeline-text.js';
import type { TimelineStage } from './stage.js';

export interface ToolbarProps {
  readonly stage: TimelineStage;
  readonly count: number;
  readonly live: boolean;
  readonly filter: TimelineFilter;
  readonly groups: readonly { readonly id: string; readonly label: string }[];
  readonly kinds: readonly string[];
  readonly onFilter: (filter: TimelineFilter) => void;
}

/** What is shown of the timeline, and how much of it. */
export function Toolbar({ stage, count, live, filter, groups, kinds, onFilter }: ToolbarProps) {
  return (
    <div class="timeline-bar">
      <p class="timeline-count">
        <span data-testid="timeline-count">{countText(count)}</span>
        {isFiltering(filter) && <span class="timeline-shown"> · {stage.shown.value.toLocaleString('en-US')} shown</span>}
      </p>
      <div class="timeline-filters">
        <Select label="Client" value={filter.group} all="All clients" options={groups.map(({ id, label }) => [id, label])} onChange={(group) => onFilter({ ...filter, group })} />
        <Select label="Kind" value={filter.kind} all="All kinds" options={kinds.map((kind) => [kind, kind])} onChange={(kind) => onFilter({ ...filter, kind })} />
        <Select
          label="Which"
          value={filter.only}
          all="Good and bad"
          options={[['troubled', 'Slow or hindered'], ['failed', 'Failed only']]}
          onChange={(only) => onFilter({ ...filter, only: only === 'failed' || only === 'troubled' ? only : undefined })}
        />
      </div>
      <div class="timeline-tools">
        <button type="button" class="timeline-button" aria-pressed={stage.compact.value} title="Calls that do not overlap share a lane" onClick={() => stage.setCompact(!stage.compact.peek())} data-testid="timeline-compact">
          Compact
        </button>
        <span class="timeline-zoom" role="group" aria-label="Zoom">
          <button type="button" class="timeline-button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => stage.zoom(1.6)} data-testid="timeline-zoom-out">
            −
          </button>
          <button type="button" class="timeline-button" title="Show all (0)" onClick={() => stage.fit()} data-testid="timeline-zoom-fit">
            Fit
          </button>
          <button type="button" class="timeline-button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => stage.zoom(1 / 1.6)} data-testid="timeline-zoom-in">
            +
          </button>
        </span>
        {live && (
          <button
            type="button"
            class="timeline-button timeline-follow"
            aria-pressed={stage.following.value}
            title={stage.following.value ? 'The view moves with the present' : 'Back to the present'}
            onClick={() => (stage.following.peek() ? (stage.following.value = false) : stage.follow())}
            data-testid="timeline-follow"
          >
            <span class="timeline-live" aria-hidden="true" /> {stage.following.value ? 'Following' : 'Back to now'}
          </button>
        )}
      </div>
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string | undefined;
  /** What stands for no choice. */
  readonly all: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string | undefined) => void;
}

function Select({ label, value, all, options, onChange }: SelectProps) {
  return (
    <select class="timeline-select" aria-label={label} value={value ?? ''} data-chosen={value !== undefined} onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}>
      <option value="">{all}</option>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}
