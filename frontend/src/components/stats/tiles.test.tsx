import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { accuracy, forecast, point, score } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { AccuracyTile } from "./AccuracyTile";
import { HorizonTile } from "./HorizonTile";
import { RateTile } from "./RateTile";

afterEach(() => vi.unstubAllGlobals());

describe("RateTile", () => {
  it("shows the newest known rate, when it was, and how far from its forecast", () => {
    render(<RateTile point={point(0, 12, { predicted_rps_model1: 10 })} windowSeconds={60} zone="utc" />);
    const tile = screen.getByRole("region", { name: "Current rate" });
    expect(tile).toHaveTextContent("12.0 req/s");
    expect(tile).toHaveTextContent(/20.% above its forecast/);
    expect(tile).toHaveTextContent("at 31 Aug 1995, 22:00");
  });

  it("invents nothing where nothing is known", () => {
    render(<RateTile point={null} windowSeconds={60} zone="utc" />);
    expect(screen.getByRole("region")).toHaveTextContent("–");
    expect(screen.getByRole("region")).toHaveTextContent("No known window here.");
  });

  it("names an anomaly", () => {
    render(<RateTile point={point(0, 12, { anomaly: true })} windowSeconds={60} zone="utc" />);
    expect(screen.getByText("anomaly")).toBeVisible();
  });
});

describe("HorizonTile", () => {
  const tile = (change: Partial<Parameters<typeof HorizonTile>[0]> = {}) => {
    render(<HorizonTile horizon={15} windowSeconds={60} forecast={forecast(0)} current={28} {...change} />);
    return screen.getByRole("region");
  };

  it("shows mean, band and trend against now", () => {
    const region = tile();
    expect(region).toHaveAccessibleName(/Forecast in 15.min/);
    expect(region).toHaveTextContent("35.0 req/s");
    expect(region).toHaveTextContent(/up 25.% against now/);
    expect(region).toHaveTextContent("p10–p90 30.0 – 40.0");
  });

  it("labels the horizon by the window's length", () => {
    expect(tile({ windowSeconds: 300 })).toHaveAccessibleName(/Forecast in 75.min/);
  });

  it("says when the models are not warm yet, or the forecast is old", () => {
    expect(tile({ forecast: forecast(0, { warming_up: true }) })).toHaveTextContent("warming up");
    expect(within(document.body).queryByText("stale")).not.toBeInTheDocument();
  });

  it("says that there is none", () => {
    expect(tile({ forecast: null })).toHaveTextContent("No forecast was made from here.");
  });
});

describe("AccuracyTile", () => {
  it("sets both models against the naive baseline, and asks for another span", async () => {
    const asked = stubBackend({
      "GET /api/accuracy": () =>
        json(
          accuracy([
            score("lgbm_plus", 0.23),
            score("lgbm", 0.28),
            score("last_value", 0.28),
            score("ewma", 0.25),
          ]),
        ),
    });
    renderPage(<AccuracyTile filename="access.log" windowSeconds={60} />);
    expect(await screen.findByText(/18.% better than last value/)).toBeVisible();
    expect(screen.getByText("as good as last value")).toBeVisible();
    expect(screen.getByText("naive baseline")).toBeVisible();
    expect(screen.getByText(/best other baseline: EWMA \(0.250\)/)).toBeVisible();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Span of the error" }), "7d");
    expect(asked.map(({ url }) => new URL(url).searchParams.get("span"))).toEqual(["24h", "7d"]);
  });

  it("shows the server's words when it cannot answer", async () => {
    stubBackend({ "GET /api/accuracy": () => problem(404, "Not found", "No series has this name.") });
    renderPage(<AccuracyTile filename="gone" windowSeconds={60} />);
    expect(await screen.findByText("No series has this name.")).toBeVisible();
  });
});
