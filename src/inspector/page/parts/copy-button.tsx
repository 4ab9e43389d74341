import { useEffect, useState } from 'preact/hooks';
import { announce } from './announcer.js';
import { Icon } from './icons.js';

interface Props {
  readonly text: string;
  /** What is copied, such as `path of step 50`. */
  readonly what: string;
}

/** Copies a text, and says whether that worked: browsers allow it on loopback and encrypted pages only. */
export function CopyButton({ text, what }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce(`Copied the ${what}.`);
    } catch {
      announce(`The browser does not let this page copy. It is: ${text}`);
    }
  };
  return (
    <button type="button" class="icon-button" title={`Copy the ${what}`} aria-label={`Copy the ${what}`} onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
