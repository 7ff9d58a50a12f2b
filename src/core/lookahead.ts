/**
 * Asynchronous steps run ahead of their consumer, in order.
 *
 * @module
 */

/**
 * Maps items, keeping up to `ahead` steps under way before the consumer asks for them; results come in order.
 * A failed step is thrown when its turn comes.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T>,
  ahead: number,
  step: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  for (const item of items) {
    const result = step(item);
    result.catch(() => {}); // thrown below, in its turn; never an unhandled rejection
    pending.push(result);
    if (pending.length >= ahead) yield await pending.shift()!;
  }
  while (pending.length > 0) yield await pending.shift()!;
}

/** Makes a value when it is first asked for, as it is asked for then, and keeps it, unless making it fails. */
export function once<T, A extends readonly unknown[]>(
  make: (...asked: A) => Promise<T>,
): (...asked: A) => Promise<T> {
  let made: Promise<T> | undefined;
  return (...asked) => {
    made ??= make(...asked).catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}

interface Keeper<K, T> {
  get(key: K): T | undefined;
  set(key: K, value: T): unknown;
  delete(key: K): unknown;
}

/** Keeps a promise per key, unless it fails. */
export function remember<K, T>(kept: Keeper<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}
