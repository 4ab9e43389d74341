import { describe, expect, it } from '@jest/globals';
import { adviceFor } from '../../src/inspection/advice.js';

describe('adviceFor', () => {
  it('goes by the status where the server refused the request, else by the kind', () => {
    expect(adviceFor('http', 401)).toMatch('Check the API key');
    expect(adviceFor('http', 413)).toMatch('Send less at once');
    expect(adviceFor('http', 418)).toBe(adviceFor('http', undefined));
    expect(adviceFor('connection', 401)).toMatch('See whether the server runs');
    expect(adviceFor('wedged', undefined)).toMatch('retry() sends the same request again');
  });

  it('knows no kind by the names of what all objects have', () => {
    for (const kind of ['made up', 'toString', '__proto__']) expect(adviceFor(kind, 404)).toBe('See the message.');
  });
});
