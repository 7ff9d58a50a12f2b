/**
 * What a worker is to let go of: told with the next message that goes there, or in a while by one of its own.
 *
 * @module
 */

/** Where no message goes, after so long. */
const withinMs = 50;

export class Drops {
  readonly #tell: (ids: readonly number[]) => void;
  #ids: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param tell sends a message of its own */
  constructor(tell: (ids: readonly number[]) => void) {
    this.#tell = tell;
  }

  /** Bodies and grids by their names. */
  add(id: number): void {
    this.#ids.push(id);
    this.#timer ??= setTimeout(() => this.flush(), withinMs);
  }

  /** What goes along with a message. */
  take(): readonly number[] {
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }

  /** Tells at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = this.take();
    if (ids.length > 0) this.#tell(ids);
  }
}
