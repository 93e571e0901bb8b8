import { describe, expect, it } from "vitest";
import { outcome, simulationResult } from "@/test/simulationFixtures";
import { costScale, nearestPoint, pictureOf, shortageScale } from "./simulationPicture";

const FRAME = { left: 50, right: 650, top: 10, bottom: 310 };

describe("the scale of costs", () => {
  it("is linear with round ticks around what is near together", () => {
    const { place, ticks } = costScale([143, 308], 0, 100);
    expect(ticks).toEqual([100, 150, 200, 250, 300, 350]);
    expect([place(100), place(225), place(350)]).toEqual([0, 50, 100]);
  });

  it("goes by decades where the dearest is far from the cheapest", () => {
    const { place, ticks } = costScale([3, 800], 0, 90);
    expect(ticks).toEqual([1, 10, 100, 1_000]);
    expect(place(10)).toBeCloseTo(30);
  });

  it("has room around one value, and around none", () => {
    for (const values of [[7], [0], []]) {
      const { place, ticks } = costScale(values, 0, 100);
      expect(ticks.length).toBeGreaterThan(1);
      for (const value of values) expect(place(value)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("the scale of shortages", () => {
  it("has 0 at its foot, and all that was short above it, the more the higher", () => {
    const { place, ticks } = shortageScale([0, 0.2, 3, 800], 300, 0);
    const places = [0, 0.2, 3, 800].map(place);
    expect(places).toEqual([...places].sort((one, other) => other - one));
    expect(new Set(places).size).toBe(4);
    expect(places[0]).toBe(300);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(ticks).toEqual([0, 0.1, 1, 10, 100, 1_000]);
  });

  it("stands where nothing was ever short", () => {
    expect(shortageScale([0, 0], 300, 0).place(0)).toBe(300);
  });
});

describe("the picture", () => {
  const { policies } = simulationResult();
  const picture = pictureOf(policies, "minutes_short", FRAME, ["model"]);

  it("has a point a policy inside its frame, from the cheapest to the dearest", () => {
    expect(picture.points.map(({ outcome }) => outcome.policy)).toEqual([
      "oracle",
      "model",
      "model_p90",
      "model_p95",
      "hpa",
    ]);
    for (const { at } of picture.points) {
      expect(at.x).toBeGreaterThanOrEqual(FRAME.left);
      expect(at.x).toBeLessThanOrEqual(FRAME.right);
      expect(at.y).toBeGreaterThanOrEqual(FRAME.top);
      expect(at.y).toBeLessThanOrEqual(FRAME.bottom);
    }
  });

  it("joins the points of a sweep, and draws the edge where the demand is known", () => {
    expect(picture.sweeps).toMatchObject([{ name: "model", kind: "forecast" }]);
    expect(picture.sweeps[0]?.line).toHaveLength(2);
    expect(picture.edge).toHaveLength(policies.length);
    expect(new Set(picture.edge.map(({ x }) => x)).size).toBe(1);
  });

  it("has the nearest point under a pointer, and none far from all", () => {
    const [first, second] = picture.points;
    if (!first || !second) throw new Error("no points");
    const between = (share: number) => ({
      x: first.at.x + share * 10,
      y: first.at.y,
    });
    const close = { points: [first, { ...second, at: between(1) }] };
    expect(nearestPoint(close, between(0.4))).toBe(close.points[0]);
    expect(nearestPoint(close, between(0.6))).toBe(close.points[1]);
    expect(nearestPoint(close, { x: first.at.x, y: first.at.y - 40 })).toBeNull();
  });

  it("names the policy that is looked at, and no two on top of each other", () => {
    const crowd = Array.from({ length: 12 }, (_, index) => outcome(`policy ${index}`));
    const { points } = pictureOf(crowd, "requests_short", FRAME, ["policy 7"]);
    const named = points.filter(({ label }) => label !== null);
    expect(named.map(({ outcome }) => outcome.policy)).toContain("policy 7");
    expect(named.length).toBeLessThanOrEqual(4);
  });
});
