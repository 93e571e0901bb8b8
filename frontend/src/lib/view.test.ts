import { describe, expect, it } from "vitest";
import { series } from "@/test/fixtures";
import { defaultSeries, parseView, viewSearch } from "./view";

describe("the view in the URL", () => {
  it("comes back as it was written, whatever the name", () => {
    const view = { range: "6h", series: "a,b=c d&<img onerror=x>#.csv" } as const;
    expect(parseView(viewSearch(view))).toEqual(view);
  });

  it("starts on Live, and takes nothing it does not know", () => {
    expect(parseView("")).toEqual({ range: "live", series: null });
    expect(parseView("?range=1y&series=")).toEqual({ range: "live", series: null });
  });
});

describe("defaultSeries", () => {
  it("prefers the live one, then the one written last", () => {
    const [newest, live] = [series({ filename: "newest" }), series({ filename: "live", live: true })];
    expect(defaultSeries([newest, live])).toBe(live);
    expect(defaultSeries([newest])).toBe(newest);
    expect(defaultSeries([])).toBeNull();
  });
});
