import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, forecast, point, served } from "@/test/fixtures";
import { HorizonTile } from "./HorizonTile";
import { RateTile } from "./RateTile";

describe("RateTile", () => {
  it("shows the newest known rate, when it was, and how far from its forecast", () => {
    render(
      <RateTile
        point={point(0, 12, { predicted_rps_model1: 10 })}
        growing={null}
        windowSeconds={60}
        zone="utc"
      />,
    );
    const tile = screen.getByRole("region", { name: "Current rate" });
    expect(tile).toHaveTextContent("12.0 req/s");
    expect(tile).toHaveTextContent(/20.% above its forecast/);
    expect(tile).toHaveTextContent("at 31 Aug 1995, 22:00");
  });

  it("invents nothing where nothing is known", () => {
    render(<RateTile point={null} growing={null} windowSeconds={60} zone="utc" />);
    expect(screen.getByRole("region")).toHaveTextContent("–");
    expect(screen.getByRole("region")).toHaveTextContent("No known window here.");
  });

  it("tells what the open window has so far", () => {
    const growing = { timestamp: at(1), rps: 8, elapsed_seconds: 35.2 };
    render(<RateTile point={point(0, 12)} growing={growing} windowSeconds={60} zone="utc" />);
    expect(screen.getByRole("region")).toHaveTextContent(/open window: 8.00 after 35.s/);
  });

  it("names an anomaly", () => {
    render(<RateTile point={point(0, 12, { anomaly: true })} growing={null} windowSeconds={60} zone="utc" />);
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

  it("shows whose forecast is served where that is not LGBM+, and why", () => {
    const region = tile({ forecast: forecast(0, { served: served("ewma", 12) }) });
    expect(region).toHaveTextContent("12.0 req/s");
    expect(within(region).getByText("EWMA")).toHaveAttribute("title", "EWMA had the least error");
  });

  it("says that there is none", () => {
    expect(tile({ forecast: null })).toHaveTextContent("No forecast was made from here.");
  });
});
