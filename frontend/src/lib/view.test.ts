import { describe, expect, it } from "vitest";
import { series } from "@/test/fixtures";
import { NO_SIMULATION } from "./simulationView";
import { changedView, defaultSeries, parseView, type View, viewSearch } from "./view";

const START: View = {
  range: "live",
  series: null,
  policy: {},
  currentReplicas: null,
  capacity: "steps",
  simulation: NO_SIMULATION,
};

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

it("holds which simulation is seen, of what, and what the next is told, until another series is opened", () => {
  const simulation = {
    id: "one",
    replayed: "model_p90",
    compared: "hpa",
    shortage: "requests_short",
    sort: { column: "minutes_short", descending: true },
    span: { min: 807_235_200, max: 807_238_800 },
    settings: { times: "1.5", spike: "1995-08-01T12:00,3,30", from: "1995-08-01T00:00" },
  } as const;
  const view: View = { ...START, series: "a", policy: { headroom: "2" }, simulation };
  expect(viewSearch(view)).toContain("span=1995-08-01T00%3A00%3A00Z%2C1995-08-01T01%3A00%3A00Z");
  expect(parseView(viewSearch(view))).toEqual(view);
  expect(parseView("?sort=-nothing&span=1995,1994&times=&shortage=tears")).toEqual(START);
  expect(changedView(view, { series: "b" }).simulation).toEqual(NO_SIMULATION);
});

describe("defaultSeries", () => {
  it("prefers the live one, then the one written last", () => {
    const [newest, live] = [series({ filename: "newest" }), series({ filename: "live", live: true })];
    expect(defaultSeries([newest, live])).toBe(live);
    expect(defaultSeries([newest])).toBe(newest);
    expect(defaultSeries([])).toBeNull();
  });
});
