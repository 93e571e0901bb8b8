import { expect, it } from "vitest";
import { placeBeside } from "./placeBeside";

it.each([
  [0, 120, 400],
  [200, 120, 400],
  [399, 120, 400],
  [140, 220, 330],
  [170, 220, 330],
  [330, 220, 330],
])("a box beside %d of width %d is whole in a room of %d", (x, width, room) => {
  const left = placeBeside(x, width, room);
  expect(left).toBeGreaterThanOrEqual(0);
  expect(left + width).toBeLessThanOrEqual(room);
});

it("does not cover what it stands beside, where there is room on one side", () => {
  expect(placeBeside(100, 120, 400)).toBe(114);
  expect(placeBeside(300, 120, 400)).toBe(166);
});
