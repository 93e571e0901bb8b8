const DISTANCE = 14;

/**
 * Where a box of `width` begins that is to stand beside `x`, whole, in a space as wide as `room`: right of it where it
 * fits, else left of it, else at the edge that leaves it whole. CSS pixels.
 */
export function placeBeside(x: number, width: number, room: number): number {
  const right = x + DISTANCE;
  const left = x - DISTANCE - width;
  if (right + width <= room) return right;
  if (left >= 0) return left;
  return x > room / 2 ? 0 : Math.max(0, room - width);
}
