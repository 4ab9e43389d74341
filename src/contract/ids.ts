// What makes an id one of many: the parts of a UUID, or hexadecimal digits.
const unique = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}/gi;

/** What the ids of a server look like, by one of them. */
export function idsLike(id: string): string {
  return `ids like ${shortened(id)}`;
}

/** The same text with its ids cut out. */
export function shortened(text: string): string {
  return text.replace(unique, '…');
}
