import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { forecast, limits, series, uploadControls } from "@/test/fixtures";
import { renderPage, stubBackend } from "@/test/render";
import { FirstVisit } from "./FirstVisit";
import { PageLoading } from "./PageLoading";
import { StatsGrid } from "./StatsGrid";
import { DropArea } from "./upload/DropArea";

afterEach(() => vi.unstubAllGlobals());

const HORIZONS = limits({ horizons: [2, 30] });

it("has a tile for each horizon that the server names", () => {
  stubBackend({});
  renderPage(
    <DropArea onFiles={vi.fn()}>
      <StatsGrid
        series={series()}
        newest={null}
        growing={null}
        forecast={forecast(0)}
        upload={uploadControls()}
        list={[]}
      >
        <p>the chart</p>
      </StatsGrid>
    </DropArea>,
    { limits: HORIZONS },
  );
  const tiles = screen.getAllByRole("region", { name: /^Forecast in/ });
  expect(tiles.map((tile) => tile.querySelector("h2")?.textContent?.replaceAll("\u00a0", " "))).toEqual([
    "Forecast in 2 min",
    "Forecast in 30 min",
  ]);
});

it.each([
  ["a tile for the current rate and one for each horizon", HORIZONS, 3],
  ["a tile for the current rate while the horizons are not known", null, 1],
])("loads as %s", (_shape, known, tiles) => {
  renderPage(<PageLoading />, { limits: known });
  expect(document.querySelectorAll(".grid > section")).toHaveLength(tiles);
});

it("says on the first visit how far ahead it forecasts", () => {
  renderPage(
    <DropArea onFiles={vi.fn()}>
      <FirstVisit upload={uploadControls()} />
    </DropArea>,
    { limits: HORIZONS },
  );
  expect(screen.getByRole("heading", { name: "See the next 30 minutes of your traffic" })).toBeVisible();
  expect(screen.getByText(/forecasts 2 and 30 minutes ahead with 2.models/)).toBeVisible();
});
