import { expect, it } from "vitest";
import { PREVIEW_HEIGHT, PREVIEW_WIDTH, previewPaths } from "./previewPath";

const window = (minute: number, rps: number | null) => ({
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  rps,
});

it("goes from the left edge to the right one, up from zero", () => {
  const { line, area } = previewPaths([window(0, 0), window(1, 53), window(2, 0)]);
  expect(line).toMatch(new RegExp(`^M0 ${PREVIEW_HEIGHT}L${PREVIEW_WIDTH / 2} \\d.*L${PREVIEW_WIDTH} 60$`));
  expect(area.endsWith(`L${PREVIEW_WIDTH} ${PREVIEW_HEIGHT}Z`)).toBe(true);
});

it("places windows by their time, not by their number", () => {
  expect(previewPaths([window(0, 1), window(9, 1), window(10, 1)]).line).toContain(
    `L${PREVIEW_WIDTH * 0.9} `,
  );
});

it("is interrupted where the rate is unknown, and shows a lone window as a dot", () => {
  const { line } = previewPaths([window(0, 1), window(1, 1), window(2, null), window(3, 1)]);
  expect(line.match(/M/g)).toHaveLength(2);
  expect(line.endsWith("h0")).toBe(true);
});

it("draws nothing for nothing, and a flat line of zero at the bottom", () => {
  expect(previewPaths([])).toEqual({ line: "", area: "" });
  expect(previewPaths([window(0, 0), window(1, 0)]).line).toBe(`M0 60L${PREVIEW_WIDTH} 60`);
});
