/**
 * The data that is decoded: seeded stand-ins for what stores hold, 8 MiB each. What matters is how they compress, so terrain is fractal,
 * lidar points lie in Morton order on a centimetre grid, and the "quantised" grid went through int16 as reanalysis data does.
 *
 * @module
 */
import { createRandom, gaussian } from "./random.js";

export interface Dataset {
  readonly name: string;
  /** Of a value, what a shuffle is told. */
  readonly itemBytes: number;
  readonly bytes: Uint8Array;
}

const SIDE = 512;
const LAYERS = 8;
const POINTS = 1 << 20;
/** Points whose x, y and z columns lie together: one chunk of a column store. */
const COLUMN_POINTS = 100_000;
const TOTAL_BYTES = 8 << 20;

/** All data sets, made anew. */
export function makeDatasets(): Dataset[] {
  const climate = makeClimate();
  const lidar = makeLidar();
  return [
    named("climate-f32", climate),
    named("quantised-f32", quantise(climate)),
    named("lidar-f32", makeColumns(lidar)),
    named("lidar-i32", makeTriples(lidar)),
    named("elevation-i16", makeElevation()),
    named("gps-f64", lidar.time),
  ];
}

function named(name: string, values: Float32Array | Float64Array | Int32Array | Int16Array): Dataset {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, Math.min(values.byteLength, TOTAL_BYTES));
  return { name, itemBytes: values.BYTES_PER_ELEMENT, bytes };
}

/**
 * A square of fractal noise, mean 0 and deviation 1: octaves of interpolated random lattices.
 *
 * @param roughness share of the height that an octave of half the size has; 0.5 is smooth
 */
export function fractal(side: number, roughness: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const out = new Float64Array(side * side);
  let height = 1;
  for (let step = side / 4; step >= 1; step /= 2, height *= roughness)
    addOctave(out, side, step, height, random);
  let mean = 0;
  for (const value of out) mean += value / out.length;
  let variance = 0;
  for (const value of out) variance += (value - mean) ** 2 / out.length;
  const scale = 1 / Math.sqrt(variance);
  return out.map((value) => (value - mean) * scale);
}

function addOctave(
  out: Float64Array,
  side: number,
  step: number,
  height: number,
  random: () => number,
): void {
  const cells = side / step + 1;
  const lattice = Float64Array.from({ length: cells * cells }, () => (random() - 0.5) * height);
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / step) * cells;
    const v = ease((y % step) / step);
    for (let x = 0; x < side; x++) {
      const at = row + Math.floor(x / step);
      const u = ease((x % step) / step);
      const top = lattice[at]! * (1 - u) + lattice[at + 1]! * u;
      const bottom = lattice[at + cells]! * (1 - u) + lattice[at + cells + 1]! * u;
      out[y * side + x]! += top * (1 - v) + bottom * v;
    }
  }
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Air temperature in kelvin, with a sensor's noise: weather that turns from layer to layer over a gradient of latitude. */
function makeClimate(): Float32Array {
  const random = createRandom(11);
  const here = fractal(SIDE, 0.5, 12);
  const there = fractal(SIDE, 0.5, 13);
  const out = new Float32Array(LAYERS * SIDE * SIDE);
  for (let layer = 0; layer < LAYERS; layer++) {
    const turn = (layer / LAYERS) * Math.PI;
    for (let i = 0; i < SIDE * SIDE; i++) {
      const latitude = Math.floor(i / SIDE) / SIDE - 0.5;
      const weather = here[i]! * Math.cos(turn) + there[i]! * Math.sin(turn);
      out[layer * SIDE * SIDE + i] = weather * 12 + 281 + latitude * 60 + gaussian(random) * 2e-3;
    }
  }
  return out;
}

/** Packed to int16 by scale and offset and unpacked again. */
function quantise(values: Float32Array): Float32Array {
  const scale = Math.fround(0.002);
  return values.map((value) => Math.fround((Math.round((value - 250) / 0.002) << 16) >> 16) * scale + 281);
}

/** Heights in metres. */
function makeElevation(): Int16Array {
  return Int16Array.from(fractal(2048, 0.62, 14), (height) => Math.round(height * 400 + 900));
}

interface Lidar {
  /** Metres from the tile's corner. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  /** Seconds of satellite time. */
  readonly time: Float64Array;
}

/** A flight over fractal ground with roofs and trees, its points in Morton order. */
function makeLidar(): Lidar {
  const grid = 1024;
  const side = 740;
  const lines = 6;
  const ground = fractal(grid, 0.55, 1);
  const roofs = fractal(grid, 0.65, 2);
  const canopy = fractal(grid, 0.75, 3);
  const random = createRandom(7);
  const raw = { x: new Float64Array(POINTS), y: new Float64Array(POINTS), z: new Float64Array(POINTS) };
  const time = new Float64Array(POINTS);
  const order = new Float64Array(POINTS);
  const clamp = (value: number): number => Math.min(Math.max(value, 0), side - 1e-3);
  for (let i = 0; i < POINTS; i++) {
    const line = Math.floor((i / POINTS) * lines);
    const along = (i / POINTS) * lines - line;
    const zigzag = Math.abs(2 * (((i / 300e3) * 60) % 1) - 1);
    const x = clamp((line + zigzag * 1.25 - 0.12) * (side / lines) + gaussian(random) * 0.05);
    const y = clamp(along * side + gaussian(random) * 0.05);
    const cell = Math.floor((y / side) * grid) * grid + Math.floor((x / side) * grid);
    const tree = Math.max(canopy[cell]!, 0) * 6;
    const hit = random() < Math.min(tree / 8, 0.8) ? tree * random() : 0;
    const roof = roofs[cell]! > 1.4 ? 9 : 0;
    raw.x[i] = x;
    raw.y[i] = y;
    raw.z[i] = ground[cell]! * 18 + 240 + roof + hit + gaussian(random) * 0.03;
    time[i] = 330_000_000 + Math.round((i / 300e3) * 1e6) / 1e6;
    // The curve's position above, the point's number below: one number to sort by.
    order[i] = morton((x / side) * 65535, (y / side) * 65535) * 2 ** 21 + i;
  }
  const rank = order.sort();
  const take = (values: Float64Array): Float64Array => values.map((_, i) => values[rank[i]! % 2 ** 21]!);
  const toCentimetres = (values: Float64Array): Float64Array =>
    take(values).map((value) => Math.round(value * 100) / 100);
  return { x: toCentimetres(raw.x), y: toCentimetres(raw.y), z: toCentimetres(raw.z), time: take(time) };
}

/** The bits of two 16-bit numbers in turn. */
function morton(x: number, y: number): number {
  return (spread(x) | (spread(y) << 1)) >>> 0;
}

function spread(value: number): number {
  let v = value & 0xffff;
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  return (v | (v << 1)) & 0x55555555;
}

function makeColumns({ x, y, z }: Lidar): Float32Array {
  const out = new Float32Array(POINTS * 3);
  let at = 0;
  for (let first = 0; first < POINTS; first += COLUMN_POINTS) {
    for (const column of [x, y, z]) {
      const part = column.subarray(first, first + COLUMN_POINTS);
      out.set(part, at);
      at += part.length;
    }
  }
  return out;
}

/** As LAS files keep positions: whole centimetres from an origin, x, y and z in turn. */
function makeTriples({ x, y, z }: Lidar): Int32Array {
  const out = new Int32Array(POINTS * 3);
  for (let i = 0; i < POINTS; i++) {
    out[3 * i] = Math.round(x[i]! * 100);
    out[3 * i + 1] = Math.round(y[i]! * 100);
    out[3 * i + 2] = Math.round(z[i]! * 100);
  }
  return out;
}
