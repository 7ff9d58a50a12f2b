/**
 * Indexes that several queries share.
 *
 * @module
 */

/**
 * Reads once for each name, and again after a failure. Readings are shared, so no single caller's signal should end them.
 */
export function readOnce<T>(read: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    let reading = known.get(name);
    if (reading === undefined) {
      reading = read(name);
      known.set(name, reading);
      reading.catch(() => known.delete(name));
    }
    return reading;
  };
}
