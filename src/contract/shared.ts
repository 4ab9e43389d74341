import { Missing } from './verdict.js';

/** Made when it is first asked for, for all checks that need it. */
export class Shared<T> {
  readonly #label: string;
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;
  #isBroken = false;

  /** @param label what later checks say they lack when it could not be made */
  constructor(label: string, make: () => Promise<T>) {
    this.#label = label;
    this.#make = make;
  }

  /** Why it cannot be made is thrown to whoever asks first, and {@link Missing} to all others. */
  async get(): Promise<T> {
    if (this.#isBroken) throw new Missing(this.#label);
    this.#made ??= this.#make();
    try {
      return await this.#made;
    } catch (thrown) {
      this.#isBroken = true;
      throw thrown;
    }
  }

  /** What was made, if anybody has asked for it. */
  async made(): Promise<T | undefined> {
    return this.#made?.catch(() => undefined);
  }
}
