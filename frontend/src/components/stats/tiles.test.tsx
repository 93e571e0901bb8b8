import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, forecast, point, served } from "@/test/fixtures";
import { renderPage } from "@/test/render";
import { HorizonTile } from "./HorizonTile";
import { RateTile } from "./RateTile";

describe("RateTile", () => {
  it("shows the newest known rate, when it was, and how far from its forecast", () => {
    renderPage(
      <RateTile point={point(0, 12, { predicted_rps_model1: 10 })} growing={null} windowSeconds={60} />,
    );
    const tile = screen.getByRole("region", { name: "Current rate" });
    expect(tile).toHaveTextContent("12.0 req/s");
    expect(tile).toHaveTextContent(/20.% above the forecast of LGBM\+/);
    expect(tile).toHaveTextContent("at 31 Aug 1995, 22:00");
  });

  it("invents nothing where nothing is known", () => {
    renderPage(<RateTile point={null} growing={null} windowSeconds={60} />);
    expect(screen.getByRole("region")).toHaveTextContent("–");
    expect(screen.getByRole("region")).toHaveTextContent("No window with a known rate.");
  });

  it("tells what the open window has so far", () => {
    const growing = { timestamp: at(1), rps: 8, elapsed_seconds: 35.2 };
    renderPage(<RateTile point={point(0, 12)} growing={growing} windowSeconds={60} />);
    expect(screen.getByRole("region")).toHaveTextContent(/open window: 8.00 after 35.s/);
  });

  it("names an anomaly", () => {
    renderPage(<RateTile point={point(0, 12, { anomaly: true })} growing={null} windowSeconds={60} />);
    expect(screen.getByText("anomaly")).toBeVisible();
  });
});

describe("HorizonTile", () => {
  const tile = (change: Partial<Parameters<typeof HorizonTile>[0]> = {}) => {
    renderPage(
      <HorizonTile horizon={15} windowSeconds={60} forecast={forecast(0)} current={28} {...change} />,
    );
    return screen.getByRole("region");
  };

  it("shows mean, band and trend vs now", () => {
    const region = tile();
    expect(region).toHaveAccessibleName(/Forecast in 15.min/);
    expect(region).toHaveTextContent("35.0 req/s");
    expect(region).toHaveTextContent(/up 25.% vs now/);
    expect(region).toHaveTextContent("p10–p90 30.0 – 40.0");
  });

  it("says of a silent feed and of a file that their newest rate is not that of now", () => {
    const region = tile({ forecast: forecast(0, { status: "stale", stale: true }) });
    expect(region).toHaveTextContent(/up 25.% vs the last known rate/);
    expect(region).not.toHaveTextContent("vs now");
  });

  it("does not say in percent what is many times as much", () => {
    expect(tile({ current: 2 })).toHaveTextContent("up more than tenfold vs now");
  });

  it("labels the horizon by the window's length", () => {
    expect(tile({ windowSeconds: 300 })).toHaveAccessibleName(/Forecast in 75.min/);
  });

  it.each([
    ["warming up", { warming_up: true, stale: true }],
    ["stale", { status: "stale", stale: true }],
  ] as const)("says that a forecast is %s", (badge, change) => {
    expect(within(tile({ forecast: forecast(0, change) })).getByText(badge)).toBeVisible();
  });

  it("says that a forecast is from the newest windows alone until the past is learned", () => {
    const region = tile({ forecast: forecast(0, { learning: true, served: served({ 15: "lgbm_plus" }) }) });
    expect(within(region).getByText("learning")).toHaveAttribute(
      "title",
      expect.stringContaining("newest windows"),
    );
  });

  it("shows which candidate is served at its own horizon, and why", () => {
    const region = tile({ forecast: forecast(0, { served: served({ 5: "lgbm_plus", 15: "ewma" }, 12) }) });
    expect(region).toHaveTextContent("12.0 req/s");
    expect(within(region).getByText("EWMA")).toHaveAttribute("title", "The error of ewma was least");
  });

  it("shows the preferred model, without a badge, where nothing is served at its horizon", () => {
    const region = tile({ forecast: forecast(0, { served: served({ 5: "ewma" }, 12) }) });
    expect(region).toHaveTextContent("35.0 req/s");
    expect(region).not.toHaveTextContent(/EWMA|LGBM/);
  });

  it("says that there is none", () => {
    expect(tile({ forecast: null })).toHaveTextContent("No forecast available.");
  });
});
