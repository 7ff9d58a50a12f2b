/**
 * @module How inputs are damaged: cut, flipped, overwritten with extreme numbers, spliced with others, doubled, thinned, prolonged.
 */
import { Random } from "../unit/kernel/codec-cases.js";

/** What a length or a distance must never be trusted to be. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Numbers that depend on the seed and the input's number alone, so that any one input can be made again. */
export function randomFor(seed: number, index: number): Random {
  const random = new Random(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
  // Neighbouring seeds of a linear generator begin alike.
  for (let i = 0; i < 4; i++) random.bits(32);
  return random;
}

/** Damages a copy of `input` in one to three ways; `other` lends bytes. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let out: Uint8Array = input.slice();
  for (let times = 1 + random.below(3); times > 0; times--) {
    out = steps[random.below(steps.length)]!(out, other, random);
  }
  return out;
}

type Step = (bytes: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;

/** Headers and tables lie in front, so half of the changes do. */
function place(bytes: Uint8Array, random: Random): number {
  return random.below(random.bits(1) === 0 ? Math.min(64, bytes.length) : bytes.length);
}

const flip: Step = (bytes, _, random) => {
  for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--) {
    bytes[place(bytes, random)]! ^= 1 << random.bits(3);
  }
  return bytes;
};

const overwrite: Step = (bytes, _, random) => {
  for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--) {
    bytes[place(bytes, random)] = random.bits(8);
  }
  return bytes;
};

const setExtreme: Step = (bytes, _, random) => {
  const at = place(bytes, random);
  const value = EXTREMES[random.below(EXTREMES.length)]!;
  for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * i);
  return bytes;
};

const cut: Step = (bytes, _, random) => bytes.slice(0, random.below(bytes.length + 1));

const prolong: Step = (bytes, other, random) =>
  join(bytes, other.subarray(0, random.below(other.length + 1)));

const splice: Step = (bytes, other, random) =>
  join(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));

const thin: Step = (bytes, _, random) => {
  const at = place(bytes, random);
  return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16)));
};

const double: Step = (bytes, _, random) => {
  const at = place(bytes, random);
  const end = Math.min(bytes.length, at + 1 + random.below(64));
  return join(bytes.subarray(0, end), bytes.subarray(at));
};

const steps: readonly Step[] = [
  flip,
  flip,
  overwrite,
  overwrite,
  setExtreme,
  cut,
  prolong,
  splice,
  thin,
  double,
];

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
