/**
 * Y = X · Wᵀ in plain loops.
 *
 * Each entry of Y is one sum in the order of the inputs, however many rows are computed at once: a
 * row's result does not depend on the company it is computed in, so neither do samples. Four rows
 * share each weight that is read, which is what makes a batch cheaper than its rows one by one.
 */

/** Fills `y` [rows, outputs] from `x` [rows, inputs] and `w` [outputs, inputs], all row by row. */
export function timesTransposed(x: Float64Array, rows: number, w: Float32Array, inputs: number, outputs: number, y: Float64Array): void {
  const fullRows = rows - (rows % 4);
  for (let r = 0; r < fullRows; r += 4) fourRows(x, r, w, inputs, outputs, y);
  for (let r = fullRows; r < rows; r++) oneRow(x, r, w, inputs, outputs, y);
}

function fourRows(x: Float64Array, row: number, w: Float32Array, inputs: number, outputs: number, y: Float64Array): void {
  const x0 = row * inputs;
  const x1 = x0 + inputs;
  const x2 = x1 + inputs;
  const x3 = x2 + inputs;
  const paired = outputs - (outputs % 2);
  for (let o = 0; o < paired; o += 2) {
    const w0 = o * inputs;
    const w1 = w0 + inputs;
    let a0 = 0;
    let a1 = 0;
    let a2 = 0;
    let a3 = 0;
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    for (let i = 0; i < inputs; i++) {
      const p = w[w0 + i] ?? 0;
      const q = w[w1 + i] ?? 0;
      const v0 = x[x0 + i] ?? 0;
      const v1 = x[x1 + i] ?? 0;
      const v2 = x[x2 + i] ?? 0;
      const v3 = x[x3 + i] ?? 0;
      a0 += p * v0;
      a1 += p * v1;
      a2 += p * v2;
      a3 += p * v3;
      b0 += q * v0;
      b1 += q * v1;
      b2 += q * v2;
      b3 += q * v3;
    }
    const y0 = row * outputs + o;
    y[y0] = a0;
    y[y0 + 1] = b0;
    y[y0 + outputs] = a1;
    y[y0 + outputs + 1] = b1;
    y[y0 + 2 * outputs] = a2;
    y[y0 + 2 * outputs + 1] = b2;
    y[y0 + 3 * outputs] = a3;
    y[y0 + 3 * outputs + 1] = b3;
  }
  if (paired === outputs) return;
  for (let r = row; r < row + 4; r++) y[r * outputs + paired] = dot(x, r * inputs, w, paired * inputs, inputs);
}

function oneRow(x: Float64Array, row: number, w: Float32Array, inputs: number, outputs: number, y: Float64Array): void {
  const x0 = row * inputs;
  const y0 = row * outputs;
  const full = outputs - (outputs % 4);
  for (let o = 0; o < full; o += 4) {
    const w0 = o * inputs;
    const w1 = w0 + inputs;
    const w2 = w1 + inputs;
    const w3 = w2 + inputs;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < inputs; i++) {
      const v = x[x0 + i] ?? 0;
      a += (w[w0 + i] ?? 0) * v;
      b += (w[w1 + i] ?? 0) * v;
      c += (w[w2 + i] ?? 0) * v;
      d += (w[w3 + i] ?? 0) * v;
    }
    y[y0 + o] = a;
    y[y0 + o + 1] = b;
    y[y0 + o + 2] = c;
    y[y0 + o + 3] = d;
  }
  for (let o = full; o < outputs; o++) y[y0 + o] = dot(x, x0, w, o * inputs, inputs);
}

function dot(x: Float64Array, x0: number, w: Float32Array, w0: number, inputs: number): number {
  let sum = 0;
  for (let i = 0; i < inputs; i++) sum += (w[w0 + i] ?? 0) * (x[x0 + i] ?? 0);
  return sum;
}
