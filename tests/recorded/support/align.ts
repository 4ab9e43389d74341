/** A request of either side with its counterpart, if it has one. */
export type Pair<A> = readonly [theirs: A | undefined, ours: A | undefined];

/** Pairs two sequences up, in order, with as few left over as can be (longest common subsequence). */
export function align<A>(theirs: readonly A[], ours: readonly A[], keyOf: (one: A) => string): Pair<A>[] {
  const [theirKeys, ourKeys] = [theirs.map(keyOf), ours.map(keyOf)];
  // common[i][j]: how many pairs are left in theirs from i and ours from j.
  const common = Array.from({ length: theirs.length + 1 }, () => new Array<number>(ours.length + 1).fill(0));
  const left = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = theirs.length - 1; i >= 0; i -= 1) {
    for (let j = ours.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row !== undefined) row[j] = theirKeys[i] === ourKeys[j] ? left(i + 1, j + 1) + 1 : Math.max(left(i + 1, j), left(i, j + 1));
    }
  }
  const pairs: Pair<A>[] = [];
  let [i, j] = [0, 0];
  while (i < theirs.length || j < ours.length) {
    const same = i < theirs.length && j < ours.length && theirKeys[i] === ourKeys[j];
    if (same) {
      pairs.push([theirs[i], ours[j]]);
      [i, j] = [i + 1, j + 1];
    } else if (i < theirs.length && (j === ours.length || left(i + 1, j) >= left(i, j + 1))) {
      pairs.push([theirs[i], undefined]);
      i += 1;
    } else {
      pairs.push([undefined, ours[j]]);
      j += 1;
    }
  }
  return pairs;
}
