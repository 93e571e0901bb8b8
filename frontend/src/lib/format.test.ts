import { describe, expect, it } from "vitest";
import {
  countOf,
  formatAge,
  formatBytes,
  formatDuration,
  formatList,
  formatPercent,
  formatQuantity,
  formatRate,
  formatRateWithUnit,
  formatTick,
  rateFormat,
  sentence,
  shareFormat,
  signedFormat,
} from "./format";

const plain = (text: string) => text.replaceAll(" ", " ");

describe("formatRate", () => {
  it.each([
    [null, "–"],
    [Number.NaN, "–"],
    [0, "0"],
    [0.0001, "<0.001"],
    [0.004, "0.004"],
    [0.01, "0.0100"],
    [0.2345, "0.235"],
    [1.2, "1.20"],
    [12, "12.0"],
    [123.4, "123"],
    [1_234.5, "1,235"],
    [12_345, "12.3K"],
    [25_000, "25.0K"],
    [100_000, "100K"],
    [1_250_000, "1.25M"],
  ])("writes %s as %s", (rate, text) => expect(formatRate(rate)).toBe(text));

  it("never shows a unit behind what is unknown", () => {
    expect(formatRateWithUnit(null)).toBe("unknown");
    expect(plain(formatRateWithUnit(1.2))).toBe("1.20 req/s");
  });
});

describe("formatQuantity", () => {
  // Python writes f"{546.5:,.0f}" as 546: a table that has 547 contradicts the sentence above it.
  it.each([
    [0.0421, "0.0421"],
    [41.5, "41.5"],
    [546.5, "546"],
    [547.5, "548"],
    [1_234.5, "1,234"],
    [12_345, "12,345"],
  ])("writes %s as %s, a half as the server's sentences do", (value, text) =>
    expect(formatQuantity(value)).toBe(text),
  );
});

describe("formatTick", () => {
  it.each([
    [0, "0"],
    [0.25, "0.25"],
    [2_500, "2,500"],
    [20_000, "20K"],
  ])("writes %s as %s", (rate, text) => expect(formatTick(rate)).toBe(text));
});

describe("formatDuration", () => {
  it.each([
    [45, "45 s"],
    [60, "1 min"],
    [75, "75 s"],
    [900, "15 min"],
    [4_500, "75 min"],
    [54_000, "15 h"],
    [1_296_000, "15 d"],
  ])("writes %s seconds as %s", (seconds, text) => expect(plain(formatDuration(seconds))).toBe(text));
});

describe("formatAge", () => {
  it.each([
    [-3, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [7_300, "2 h"],
    [86_400 * 12, "12 d"],
    [31_557_600 * 31, "31 y"],
  ])("writes %s seconds as %s", (seconds, text) => expect(plain(formatAge(seconds))).toBe(text));
});

describe("formatPercent", () => {
  it.each([
    [0.18, "18 %"],
    [-0.031, "3 %"],
    [0.004, "0.4 %"],
  ])("writes %s as %s", (share, text) => expect(plain(formatPercent(share))).toBe(text));
});

describe("formatBytes and countOf", () => {
  it("uses the unit that fits", () => {
    expect(plain(formatBytes(512))).toBe("512 bytes");
    expect(plain(formatBytes(1_536))).toBe("1.5 KB");
    expect(plain(formatBytes(1_073_741_824))).toBe("1 GB");
  });

  it("counts one and many", () => {
    expect(plain(countOf(1, "window"))).toBe("1 window");
    expect(plain(countOf(2_000, "window"))).toBe("2,000 windows");
    expect(plain(countOf(2, "anomaly", "anomalies"))).toBe("2 anomalies");
  });
});

it("figures side by side have the precision of the largest", () => {
  expect([19_940, 6_542].map(rateFormat([19_940, 6_542]))).toEqual(["19.9K", "6.5K"]);
  expect([12.34, 0.4, 0.01, null].map(rateFormat([12.34, 0.4, 0.01]))).toEqual(["12.3", "0.4", "<0.1", "–"]);
  expect([-0.02, 1.5].map(signedFormat([-0.02, 1.5]))).toEqual(["−0.02", "+1.50"]);
  expect([0.0412, 0.123, null].map(shareFormat([0.0412, 0.123]))).toEqual(["4.1", "12.3", "–"]);
  expect([0.0412, 0.04123].map(shareFormat([0.0412, 0.04123]))).toEqual(["4.12", "4.12"]);
});

it("formatList joins any number of items", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(formatList)).toEqual([
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
});

it("sentence ends with one full stop", () => {
  expect([sentence("It rose"), sentence("It fell.")]).toEqual(["It rose.", "It fell."]);
});
