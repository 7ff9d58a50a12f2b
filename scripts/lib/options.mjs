// @ts-check
/**
 * @module
 * Reads the scripts' options.
 */

/**
 * @param {string | undefined} text
 * @returns {number | undefined}
 * @throws {Error} when it is no port
 */
export function parsePort(text) {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`${text} is no port; a port is a number from 0 to 65535.`);
  return port;
}
