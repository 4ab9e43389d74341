/** Tells a user's function something; what it throws changes nothing. */
export function announce(log: (line: string) => void, line: string): void {
  try {
    log(line);
  } catch {
    // It was told.
  }
}
