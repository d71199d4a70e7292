/**
 * Wakes whoever waits for "something changed". Carries no value: a waiter looks at the state
 * itself, so that a wake-up can never be stale and many changes in one turn cost one wake-up.
 */
export class Signal {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  /** Resolves at the next `raise`. Take it before looking at the state, or a change is missed. */
  next(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }

  /** Wakes all waiters of now. */
  raise(): void {
    const resolve = this.#resolve;
    this.#promise = undefined;
    this.#resolve = undefined;
    resolve?.();
  }
}
