interface Props<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly testId?: string;
}

/** One of a few, all in sight. */
export function Choice<T extends string>({ label, options, value, onChange, testId }: Props<T>) {
  return (
    <fieldset class="choice" data-testid={testId}>
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice-option">
          <input type="radio" name={label} class="hidden" checked={option.value === value} onChange={() => onChange(option.value)} />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
