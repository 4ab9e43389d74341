const tokenCounts = ['num_loss_tokens:sum', 'num_tokens:sum', 'tokens:sum'];
const datumCounts = ['num_datums:sum', 'num_examples:sum', 'num_sequences:sum', 'batch_size:sum'];

export const lossPerToken = 'loss per token';
export const lossPerDatum = 'loss per datum';

/** What a summed loss is per token and per datum, where they were counted: such values can be compared between steps. */
export function derivedValues(values: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const loss = values.get('loss:sum');
  const per = (counts: readonly string[]): number | undefined => {
    const count = counts.map((name) => values.get(name)).find((value) => value !== undefined && value > 0);
    return loss === undefined || count === undefined ? undefined : loss / count;
  };
  const found = [
    [lossPerToken, per(tokenCounts)],
    [lossPerDatum, per(datumCounts)],
  ] as const;
  return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
