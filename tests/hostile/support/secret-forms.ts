/** The ways in which a secret can be written down, each long enough that nothing else reads so. */
export function secretForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const bytes = Buffer.from(secret);
  // What comes before shifts base64 by one or two characters; their first and last ones are not of the secret alone.
  const shifted = [1, 2].map((before) => Buffer.concat([Buffer.alloc(before, 0x3a), bytes]).toString('base64').slice(before + 1, -4));
  const base64 = [bytes.toString('base64').replace(/=+$/, '').slice(0, -1), ...shifted];
  const escaped = Array.from(secret, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const forms = [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret), escaped, bytes.toString('hex'), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  // A cut secret is told, too.
  return [...new Set([...forms, secret.slice(0, 12)])];
}

/** Which of the secrets stand in a text, and how. */
export function secretsIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) => secretForms(secret).filter((form) => text.includes(form)).map((form) => `${form} in …${text.slice(Math.max(0, text.indexOf(form) - 120), text.indexOf(form) + 80)}`));
}
