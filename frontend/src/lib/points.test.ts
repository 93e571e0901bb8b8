import { describe, expect, it } from "vitest";
import { point, points } from "@/test/fixtures";
import { countNewer, mergePoints, newestKnown } from "./points";

describe("mergePoints", () => {
  it("appends what is newer", () => {
    expect(mergePoints(points(0, 3), points(3, 5))).toEqual(points(0, 5));
  });

  it("replaces a window that comes again", () => {
    const merged = mergePoints(points(0, 3), [point(2, 99), point(3, 3)]);
    expect(merged.map(({ actual_rps }) => actual_rps)).toEqual([0, 1, 99, 3]);
  });

  it("stays ascending when a window comes late", () => {
    const merged = mergePoints([point(0, 0), point(2, 2)], [point(1, 1)]);
    expect(merged).toEqual(points(0, 3));
  });

  it("sorts what arrives out of order", () => {
    expect(mergePoints([], [point(1, 1), point(0, 0)])).toEqual(points(0, 2));
  });

  it("keeps the newest where there are too many", () => {
    expect(mergePoints(points(0, 1_440), points(1_440, 1_442))).toEqual(points(2, 1_442));
  });

  it("leaves its input as it was", () => {
    const existing = points(0, 2);
    mergePoints(existing, [point(1, 99)]);
    expect(existing).toEqual(points(0, 2));
  });
});

it("countNewer counts the windows after the newest held one", () => {
  expect(countNewer(points(0, 5), points(0, 3))).toBe(2);
  expect(countNewer(points(0, 5), [])).toBe(5);
});

it("newestKnown skips windows of an outage", () => {
  expect(newestKnown([point(0, 1), point(1, null)])).toEqual(point(0, 1));
  expect(newestKnown([point(0, null)])).toBeNull();
});
