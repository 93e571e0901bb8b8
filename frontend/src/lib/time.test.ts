import { describe, expect, it, vi } from "vitest";
import { axisLabels, formatSpan, toSeconds, zoneName } from "./time";

const seconds = (iso: string) => toSeconds(iso);

describe("formatSpan", () => {
  it("names the date once where both ends share it", () => {
    expect(formatSpan(seconds("1995-08-31T20:00:00Z"), seconds("1995-08-31T22:00:00Z"), "utc")).toBe(
      "31 Aug 1995, 20:00 – 22:00 UTC",
    );
  });

  it("names both dates where they differ", () => {
    expect(formatSpan(seconds("1995-08-31T20:00:00Z"), seconds("1995-09-01T00:00:00Z"), "utc")).toMatch(
      /^31 Aug 1995, 20:00 – 1 Sept? 1995, 00:00 UTC$/,
    );
  });

  it("shows seconds where windows are shorter than a minute", () => {
    expect(formatSpan(seconds("1995-08-31T20:00:10Z"), seconds("1995-08-31T20:00:20Z"), "utc", 10)).toBe(
      "31 Aug 1995, 20:00:10 – 20:00:20 UTC",
    );
  });
});

describe("axisLabels", () => {
  it("puts the date under the first label and under a new day", () => {
    const ticks = ["1995-08-30T22:00:00Z", "1995-08-30T23:00:00Z", "1995-08-31T00:00:00Z"].map(seconds);
    expect(axisLabels(ticks, 3_600, "utc")).toEqual(["22:00\n30 Aug", "23:00", "00:00\n31 Aug"]);
  });

  it("shows days alone where ticks are days apart", () => {
    expect(axisLabels([seconds("1995-08-30T00:00:00Z")], 86_400, "utc")).toEqual(["30 Aug"]);
  });
});

describe("zoneName", () => {
  it("is UTC, or the browser's zone with its offset at that time", () => {
    expect(zoneName("utc", 0)).toBe("UTC");
    expect(zoneName("local", seconds("1995-08-31T20:00:00Z"))).toMatch(/^\S+ \(UTC([+-][\d:]+)?\)$/);
  });

  it("is the present name of a zone that the browser calls by an older one", () => {
    const options = new Intl.DateTimeFormat("en").resolvedOptions();
    vi.spyOn(Intl.DateTimeFormat.prototype, "resolvedOptions").mockReturnValue({
      ...options,
      timeZone: "Asia/Saigon",
    });
    expect(zoneName("local", 0)).toMatch(/^Asia\/Ho_Chi_Minh /);
  });
});
