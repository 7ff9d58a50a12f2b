/**
 * Which points lie in a polygon with holes: inside an odd number of its rings, or on an edge of any. The side of an edge is
 * taken from the sign of a determinant; where rounding could have changed that sign, the point is left in doubt, and the host
 * decides it with exact arithmetic (`src/kernel/twin/polygon.ts`, the same rules in plain code).
 */

/** Relative error of the determinant as computed here (Shewchuk 1997, §4.2): (3 + 16 u) u with u = 2^-53. */
const ERROR_BOUND: f64 = 3.3306690738754716e-16;
/** More than what products that underflow can be off by. */
const TINY: f64 = 1e-290;

const OUTSIDE: i32 = 0;
const INSIDE: i32 = 1;
const DOUBT: i32 = 2;

/** Edges lie as four runs of `room` f64 (an even number): from x, from y, to x, to y; NaN fills them up. */
function locate(x: f64, y: f64, edges: usize, room: usize): i32 {
  const run = room << 3;
  const level = f64x2.splat(y);
  let side = OUTSIDE;
  for (const end = edges + run; edges < end; edges += 16) {
    const fromY = v128.load(edges + run);
    const toY = v128.load(edges + 3 * run);
    const spans = v128.xor(f64x2.gt(fromY, level), f64x2.gt(toY, level));
    // Edges that are not spanned matter where they touch the point's level: at their ends, or along it.
    const found = i64x2.bitmask(v128.or(spans, f64x2.eq(fromY, level)));
    if (found == 0) continue;
    for (let lane: usize = 0; lane < 2; lane++) {
      if (((found >> <i32>lane) & 1) == 0) continue;
      const edge = edges + (lane << 3);
      const ax = load<f64>(edge);
      const ay = load<f64>(edge + run);
      const bx = load<f64>(edge + 2 * run);
      const by = load<f64>(edge + 3 * run);
      if (ay == y && (ax == x || (by == y && (bx == x || (ax < x) != (bx < x))))) return INSIDE;
      if ((ay > y) == (by > y)) continue;
      const dx = x - ax, dy = y - ay, ex = bx - ax, ey = by - ay;
      const left = ex * dy, right = ey * dx;
      const determinant = left - right;
      if (abs(determinant) > ERROR_BOUND * (abs(left) + abs(right)) + TINY) {
        // The ray towards greater x crosses edges that go up on its left, or down on its right.
        if ((determinant > 0) == (ey > 0)) side ^= INSIDE;
      } else if ((ex == 0 || dy == 0) && dx == 0) return INSIDE;
      else return DOUBT;
    }
  }
  return side;
}

/**
 * Keeps those of `count` rows whose point lies in the polygon: writes their numbers at `kept`, and at `doubts` the places in
 * `kept` of those that are in doubt. `size` is 4 for f32 and 8 for f64; strides are bytes. Returns how many are kept; the
 * number of doubts stands behind the last of them.
 */
export function filter_polygon(
  size: u32, xs: usize, xStride: usize, ys: usize, yStride: usize,
  numbers: usize, count: usize, edges: usize, room: usize, kept: usize, doubts: usize,
): u32 {
  const start = kept;
  const isSingle = size == 4;
  for (const end = numbers + (count << 2); numbers < end; numbers += 4) {
    const row = load<u32>(numbers);
    const atX = xs + <usize>row * xStride, atY = ys + <usize>row * yStride;
    const x: f64 = isSingle ? <f64>load<f32>(atX) : load<f64>(atX);
    const y: f64 = isSingle ? <f64>load<f32>(atY) : load<f64>(atY);
    const side = locate(x, y, edges, room);
    if (side == OUTSIDE) continue;
    if (side == DOUBT) {
      store<u32>(doubts, <u32>((kept - start) >> 2));
      doubts += 4;
    }
    store<u32>(kept, row);
    kept += 4;
  }
  store<u32>(doubts, 0xffffffff);
  return <u32>((kept - start) >> 2);
}
