import { describe, expect, it } from "vitest";
import { series } from "@/test/fixtures";
import { changedView, defaultSeries, parseView, type View, viewSearch } from "./view";

const START: View = { range: "live", series: null, policy: {}, currentReplicas: null, capacity: "steps" };

describe("the view in the URL", () => {
  it("comes back as it was written, whatever the name", () => {
    const view = { ...START, range: "6h", series: "a,b=c d&<img onerror=x>#.csv" } as const;
    expect(parseView(viewSearch(view))).toEqual(view);
  });

  it("starts on Live, and takes nothing it does not know", () => {
    expect(parseView("")).toEqual(START);
    expect(parseView("?range=1y&series=&capacity=x&headrom=2")).toEqual(START);
  });

  it("holds what is tried of a policy, an emptied name too, until another series is opened", () => {
    const tried = {
      ...START,
      series: "a",
      policy: { headroom: "1.2", quantile: "", measured: "2:150,4:290" },
      currentReplicas: "8",
      capacity: "log",
    } as const;
    expect(parseView(viewSearch(tried))).toEqual(tried);
    expect(changedView(tried, { range: "1h" })).toEqual({ ...tried, range: "1h" });
    expect(changedView(tried, { series: "b" })).toMatchObject({ policy: {}, currentReplicas: null });
    expect(changedView({ ...tried, series: null }, { series: "b" }).policy).toEqual(tried.policy);
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
