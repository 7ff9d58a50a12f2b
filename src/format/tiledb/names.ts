/**
 * Names of timestamped files and folders (format_spec/timestamped_name.md). Only the last segment of a path counts, and only
 * names of these forms: a name in a file never leads elsewhere.
 *
 * @module
 */

/** When something was written, and the format of what was written. */
export interface TimestampedName {
  readonly name: string;
  /** Milliseconds since 1970; a consolidated thing spans those of its parts. */
  readonly start: number;
  readonly end: number;
  /** Format version, where the name tells. */
  readonly version?: number;
}

/** `__t1_t2_uuid`, with `_version` for fragments and commits from format 5 on. */
const pattern = /^__(\d{1,15})_(\d{1,15})_([0-9a-f]{32})(?:_(\d{1,4}))?$/;
/** `__uuid_t1` of formats 1 and 2. */
const oldPattern = /^__([0-9a-f]{32})_(\d{1,15})$/;

/** The name without the folders before it and a slash behind it. */
export function lastSegment(path: string): string {
  return path.replace(/\/+$/, "").replace(/^.*\//, "");
}

/** Reads a name; `undefined` for one of another form. */
export function parseName(name: string): TimestampedName | undefined {
  const found = pattern.exec(name);
  if (found !== null) {
    const [, start, end, , version] = found;
    const times = { name, start: Number(start), end: Number(end) };
    return version === undefined ? times : { ...times, version: Number(version) };
  }
  const old = oldPattern.exec(name);
  return old === null ? undefined : { name, start: Number(old[2]), end: Number(old[2]), version: 2 };
}

/** In order of time, then of the whole name: the order of fragments everywhere. */
export function compareNames(a: TimestampedName, b: TimestampedName): number {
  return a.start - b.start || (a.name < b.name ? -1 : Number(a.name > b.name));
}

/** The latest of these names. */
export function latest(names: readonly TimestampedName[]): TimestampedName | undefined {
  return [...names].sort((a, b) => a.end - b.end || compareNames(a, b)).at(-1);
}
