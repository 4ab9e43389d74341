/** What a transition left and entered, without what stayed: `pulse.asking → pulse.resting`. */
export function changedStates(from: readonly string[], to: readonly string[]): string {
  const left = from.filter((path) => !to.includes(path));
  const entered = to.filter((path) => !from.includes(path));
  if (left.length === 0 && entered.length === 0) return `${to.join(' · ')}, again`;
  const shared = sharedParents([...left, ...entered]);
  const short = (paths: readonly string[]) => paths.map((path) => path.slice(shared)).join(' · ');
  return `${short(left) || 'start'} → ${short(entered) || 'end'}`;
}

/** Length of the parents that all paths have, with the dot. */
function sharedParents(paths: readonly string[]): number {
  const [first = ''] = paths;
  let length = first.lastIndexOf('.') + 1;
  while (length > 0 && !paths.every((path) => path.startsWith(first.slice(0, length)))) length = first.lastIndexOf('.', length - 2) + 1;
  return length;
}
