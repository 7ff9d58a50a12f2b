/**
 * Which addresses are of the public internet (IANA's registries of special-purpose addresses, RFC 6890 and its updates):
 * not this machine, not a private network, not a cloud's metadata service.
 *
 * @module
 */

/** Address and prefix length of what is not public in IPv4. */
const special: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Tells whether an IPv4 or IPv6 address, in text, is a public one; what is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (!address.includes(":")) {
    const value = parseIpv4(address);
    return (
      value !== undefined &&
      !special.some(([base, length]) => value >>> (32 - length) === parseIpv4(base)! >>> (32 - length))
    );
  }
  const groups = parseIpv6(address);
  if (groups === undefined) return false;
  const [first = 0, second = 0] = groups;
  const embedded = `${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  // 64:ff9b::/96 stands for an IPv4 address on networks without any.
  if (first === 0x64 && second === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) {
    return isPublicAddress(embedded);
  }
  // Only 2000::/3 is assigned; in it Teredo and benchmarking, documentation, 6to4 are not places to read from.
  return (
    first >> 13 === 1 &&
    !(first === 0x2001 && (second < 0x200 || second === 0xdb8)) &&
    first !== 0x2002 &&
    !(first === 0x3fff && second < 0x1000)
  );
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((value, part) => ((value << 8) | Number(part)) >>> 0, 0);
}

/** Eight groups of 16 bits; a zone (`%eth0`) belongs to link-local addresses only and makes it no address here. */
function parseIpv6(text: string): number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const value = parseIpv4(dotted[2]!);
    if (value === undefined) return undefined;
    return parseIpv6(`${dotted[1]}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined;
}
