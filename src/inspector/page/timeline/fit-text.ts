const widths = new Map<string, number>();
const mostKept = 4000;

/** Width of a text in the present font; measured once. */
export function textWidth(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > mostKept) widths.clear();
  const { width } = context.measureText(text);
  widths.set(key, width);
  return width;
}

/** As much of a text as there is room for, with an ellipsis where some is left out; empty where there is no room at all. */
export function fittedText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (textWidth(context, text) <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (textWidth(context, `${text.slice(0, middle)}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
