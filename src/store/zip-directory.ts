/**
 * The table of contents of a zip archive: found from the archive's end, read once, checked entry by entry. Follows
 * PKWARE's APPNOTE.TXT 6.3.10, §4.3 (layout), §4.4 (fields), §4.5.3 (zip64).
 *
 * | record                    | signature    | fixed bytes |
 * | ------------------------- | ------------ | ----------- |
 * | local file header         | `PK\x03\x04` | 30          |
 * | central directory header  | `PK\x01\x02` | 46          |
 * | zip64 end record          | `PK\x06\x06` | 56          |
 * | zip64 end locator         | `PK\x06\x07` | 20          |
 * | end of central directory  | `PK\x05\x06` | 22          |
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { decodeZipName } from "./zip-name.js";

/** One file of an archive, as its directory describes it. */
export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** General purpose bits: 0 encrypted. */
  readonly flags: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins in the archive. */
  readonly headerAt: number;
  /** Where the next member or the directory begins: nothing of this member lies there. */
  readonly endsBy: number;
  /** Lengths of the name and of the extra fields in the directory; the local header has its own of the latter. */
  readonly nameBytes: number;
  readonly extraBytes: number;
}

const localHeaderBytes = 30;
const directoryHeaderBytes = 46;
const endBytes = 22;
const locatorBytes = 20;
const zip64EndBytes = 56;
const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const endRecord = 0x06054b50;
const zip64Locator = 0x07064b50;
const zip64EndRecord = 0x06064b50;
/** The longest comment behind the end record, and room for the directory of some thousand members. */
const tailBytes = 128 * 1024;
/** A directory of about two million members. */
const maxDirectoryBytes = 256 * 1024 * 1024;
const noExtra = new Uint8Array(0);
const absent32 = 0xffffffff;
const absent16 = 0xffff;

/** Reads part of the archive, all of it or not at all. */
export type ReadArchive = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * Reads the directory of an archive: its end, and what of the directory lies before that; two requests for most.
 *
 * @param where names the archive in errors
 * @returns members by name, folders left out; the last of a name wins, as for every reader that goes by the directory
 * @throws ReaderError `corrupt`, `limit-exceeded`, `unsupported` for archives in several files
 */
export async function readZipDirectory(
  read: ReadArchive,
  archiveBytes: number,
  where: string,
): Promise<ReadonlyMap<string, ZipMember>> {
  const tailAt = Math.max(0, archiveBytes - tailBytes);
  const tail = await read(tailAt, archiveBytes - tailAt);
  const readNear: ReadArchive = async (offset, length) =>
    offset < tailAt ? read(offset, length) : tail.subarray(offset - tailAt, offset - tailAt + length);
  const end = await findEnd(tail, tailAt, readNear, where);
  if (end.directoryBytes > maxDirectoryBytes) {
    throw new ReaderError(
      "limit-exceeded",
      `The directory of ${where} takes ${end.directoryBytes} bytes; the limit is ${maxDirectoryBytes}.`,
    );
  }
  // What an archive was appended to (a program that unpacks it) moves everything by its length.
  const directoryAt = end.recordAt - end.directoryBytes;
  const shift = directoryAt - end.directoryOffset;
  if (shift < 0) throw corrupt(where, "its directory would begin after it ends");
  const directory = await readNear(directoryAt, end.directoryBytes);
  const members = parseDirectory(directory, { ...end, directoryAt, shift }, where);
  return new Map(withEnds(members, directoryAt).map((member) => [member.name, member]));
}

interface ArchiveEnd {
  /** Where the directory stops: at the end record, or at the one of zip64. */
  readonly recordAt: number;
  readonly members: number;
  readonly directoryBytes: number;
  /** As the archive tells it. */
  readonly directoryOffset: number;
}

async function findEnd(
  tail: Uint8Array,
  tailAt: number,
  read: ReadArchive,
  where: string,
): Promise<ArchiveEnd> {
  const view = viewOf(tail);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== endRecord) continue;
    // The signature may stand in the comment; the record is the one whose comment ends with the archive.
    if (at + endBytes + view.getUint16(at + 20, true) !== tail.length) continue;
    const disk = view.getUint16(at + 4, true);
    const locatorAt = at - locatorBytes;
    if (locatorAt >= 0 && view.getUint32(locatorAt, true) === zip64Locator) {
      return readZip64End(viewOf(tail.subarray(locatorAt, at)), tailAt + locatorAt, read, where);
    }
    if (disk !== 0 && disk !== absent16) throw splitArchive(where);
    return {
      recordAt: tailAt + at,
      members: view.getUint16(at + 10, true),
      directoryBytes: view.getUint32(at + 12, true),
      directoryOffset: view.getUint32(at + 16, true),
    };
  }
  throw corrupt(where, "it has no end record; it is no zip archive, or was cut off");
}

async function readZip64End(
  locator: DataView,
  locatorAt: number,
  read: ReadArchive,
  where: string,
): Promise<ArchiveEnd> {
  if (locator.getUint32(16, true) > 1) throw splitArchive(where);
  const told = safeNumber(locator.getBigUint64(8, true), where);
  // The record stands right before its locator, but for what an archive was appended to or an extension of the record.
  const places = [locatorAt - zip64EndBytes, told];
  for (const recordAt of places) {
    if (recordAt < 0 || recordAt + zip64EndBytes > locatorAt) continue;
    const record = viewOf(await read(recordAt, zip64EndBytes));
    if (record.getUint32(0, true) !== zip64EndRecord) continue;
    if (record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0) throw splitArchive(where);
    return {
      recordAt,
      members: safeNumber(record.getBigUint64(32, true), where),
      directoryBytes: safeNumber(record.getBigUint64(40, true), where),
      directoryOffset: safeNumber(record.getBigUint64(48, true), where),
    };
  }
  throw corrupt(where, "its zip64 end record is not where it should be");
}

interface Frame {
  readonly members: number;
  readonly directoryAt: number;
  readonly shift: number;
}

type Placed = Omit<ZipMember, "endsBy">;

function parseDirectory(bytes: Uint8Array, frame: Frame, where: string): Placed[] {
  const view = viewOf(bytes);
  const members: Placed[] = [];
  let at = 0;
  let seen = 0;
  while (at + directoryHeaderBytes <= bytes.length && view.getUint32(at, true) === directoryHeader) {
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const nameAt = at + directoryHeaderBytes;
    const next = nameAt + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) break;
    const extra = bytes.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes);
    const member = readMember(view, at, bytes.subarray(nameAt, nameAt + nameBytes), extra, frame, where);
    // Folders have entries of their own; files imply them.
    if (!member.name.endsWith("/")) members.push(member);
    seen++;
    at = next;
  }
  // The end record of an archive without zip64 counts modulo 65,536.
  const isWhole = seen === frame.members || (frame.members <= absent16 && seen % 65_536 === frame.members);
  if (!isWhole || at > bytes.length)
    throw corrupt(where, `its directory holds ${seen} of ${frame.members} members`);
  return members;
}

function readMember(
  view: DataView,
  at: number,
  name: Uint8Array,
  extra: Uint8Array,
  frame: Frame,
  where: string,
): Placed {
  const flags = view.getUint16(at + 8, true);
  const wide = wideFields(extra);
  // Each of these is in the zip64 field, in this order, if its own is all ones.
  const sizes = [at + 24, at + 20, at + 42].map((place) => {
    const value = view.getUint32(place, true);
    if (value !== absent32) return value;
    const long = wide.shift();
    return long === undefined ? value : safeNumber(long, where);
  });
  const disk = view.getUint16(at + 34, true);
  if (disk !== 0 && disk !== absent16) throw splitArchive(where);
  const [size, packedSize, offset] = sizes as [number, number, number];
  const headerAt = offset + frame.shift;
  const member = {
    name: decodeZipName(name, extra, flags),
    method: view.getUint16(at + 10, true),
    flags,
    crc32: view.getUint32(at + 16, true),
    packedSize,
    size,
    headerAt,
    nameBytes: name.length,
    extraBytes: extra.length,
  };
  if (headerAt + localHeaderBytes + packedSize > frame.directoryAt) {
    throw corrupt(where, `"${member.name}" would lie beyond the members`);
  }
  return member;
}

/** The 64-bit numbers of the zip64 extra field. */
function wideFields(extra: Uint8Array): bigint[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const count = Math.floor(Math.min(length, extra.length - at - 4) / 8);
      return Array.from({ length: count }, (_, index) => view.getBigUint64(at + 4 + index * 8, true));
    }
    at += 4 + length;
  }
  return [];
}

/** Each member with the beginning of what follows it, in the order of the directory. */
function withEnds(members: readonly Placed[], directoryAt: number): ZipMember[] {
  const starts = Float64Array.from(members, (member) => member.headerAt).sort();
  const nextAfter = new Map<number, number>();
  for (let i = 0; i < starts.length; i++) {
    const next = starts[i + 1];
    if (next !== starts[i]) nextAfter.set(starts[i]!, next ?? directoryAt);
  }
  return members.map((member) => ({ ...member, endsBy: nextAfter.get(member.headerAt) ?? directoryAt }));
}

/** What has to be read of a member's local header to know where its data begins. */
export function headerBytes(member: ZipMember): number {
  return Math.min(localHeaderBytes + member.nameBytes, member.endsBy - member.headerAt);
}

/**
 * Where the data of a member begins, by the local header in front of it.
 *
 * @param head the archive from `member.headerAt` on, `headerBytes(member)` of it or more
 * @throws ReaderError `corrupt` when there is no header, or one of another member
 */
export function dataOffset(head: Uint8Array, member: ZipMember, where: string): number {
  const view = viewOf(head);
  const isHeader = head.length >= localHeaderBytes && view.getUint32(0, true) === localHeader;
  const nameBytes = isHeader ? view.getUint16(26, true) : 0;
  const name = head.subarray(localHeaderBytes, localHeaderBytes + nameBytes);
  const isSame = nameBytes === member.nameBytes && decodeZipName(name, noExtra, member.flags) === member.name;
  // A name in a code page is told by an extra field, of which there may be another one here.
  const mayDiffer = name.some((byte) => byte > 127);
  if (!isHeader || view.getUint16(8, true) !== member.method || !(isSame || mayDiffer)) {
    throw corrupt(where, `the header of "${member.name}" is not where the directory puts it`);
  }
  const offset = member.headerAt + localHeaderBytes + nameBytes + view.getUint16(28, true);
  if (offset + member.packedSize > member.endsBy) {
    throw corrupt(where, `"${member.name}" would reach into what follows it`);
  }
  return offset;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function safeNumber(value: bigint, where: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(where, "an offset in it is beyond 2^53");
  return Number(value);
}

function splitArchive(where: string): ReaderError {
  return new ReaderError("unsupported", `${where} is one of several files of a split archive.`, {
    hint: "Join them first: zip -s 0 split.zip --out whole.zip.",
  });
}

/** The error for an archive that cannot be as it says. */
export function corrupt(where: string, why: string): ReaderError {
  return new ReaderError("corrupt", `The zip archive ${where} cannot be read: ${why}.`);
}
