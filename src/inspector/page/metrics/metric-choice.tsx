interface Props {
  readonly names: readonly string[];
  readonly shown: readonly string[];
  readonly onChange: (shown: readonly string[]) => void;
}

/** Which metrics have a chart. */
export function MetricChoice({ names, shown, onChange }: Props) {
  return (
    <details class="metric-choice">
      <summary>
        {shown.length} of {names.length} metrics
      </summary>
      <fieldset>
        <legend>Metrics to show</legend>
        {names.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={shown.includes(name)}
              onChange={(event) => onChange(event.currentTarget.checked ? [...shown, name] : shown.filter((other) => other !== name))}
            />
            {name}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
