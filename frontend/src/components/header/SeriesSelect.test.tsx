import { render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { series } from "@/test/fixtures";
import { SeriesSelect } from "./SeriesSelect";

it("marks what is synthetic or incomplete, by the record and not by the name", () => {
  const incomplete = { first: "1995-08-01T00:00:00Z", last: "1995-08-07T11:59:00Z" };
  const list = [
    series({ filename: "photosynthetic-api.csv" }),
    series({ filename: "sample", synthetic: true, origin: "sample" }),
    series({ filename: "half.csv", incomplete }),
    series({ filename: "both.csv", synthetic: true, incomplete }),
  ];
  render(<SeriesSelect list={list} selected="sample" onSelect={vi.fn()} />);
  const names = screen
    .getAllByRole("option")
    .map(({ textContent }) => textContent?.replace(/[\u2068\u2069]/g, ""));
  expect(names).toEqual([
    "photosynthetic-api.csv",
    "sample (synthetic)",
    "half.csv (incomplete)",
    "both.csv (synthetic, incomplete)",
  ]);
});
