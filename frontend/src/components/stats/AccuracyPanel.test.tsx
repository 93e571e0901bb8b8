import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Accuracy } from "@/api/types";
import { accuracy, score, served } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { AccuracyPanel } from "./AccuracyPanel";

afterEach(() => vi.unstubAllGlobals());

function atHorizon(horizon: number, model: number, naive: number, origins = 1_440) {
  return [
    score("lgbm_plus", model, { horizon, origins, bias: -0.02, p10_coverage: 0.1, p90_coverage: 0.89 }),
    score("lgbm", model + 0.01, { horizon, origins }),
    score("last_value", naive, { horizon, origins }),
    score("ewma", naive - 0.01, { horizon, origins }),
  ];
}

async function show(answer: Accuracy, windowSeconds = 60): Promise<HTMLElement> {
  stubBackend({ "GET /api/accuracy": () => json(answer) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={windowSeconds} served={served("lgbm_plus", 1)} />);
  const panel = screen.getByRole("region", { name: "Accuracy" });
  await within(panel).findByRole("table");
  return panel;
}

it("sets the horizons side by side, against the naive baseline and the best one in words", async () => {
  const scores = [...atHorizon(15, 0.4, 0.4), ...atHorizon(1, 0.23, 0.28), ...atHorizon(5, 0.33, 0.32)];
  const panel = await show(accuracy(scores));
  const ahead = within(panel)
    .getAllByRole("term")
    .map(({ textContent }) => textContent);
  const gains = within(panel)
    .getAllByRole("definition")
    .map(({ textContent }) => textContent);
  expect(ahead.map((text) => text?.replaceAll(" ", " "))).toEqual([
    "1 min ahead",
    "5 min ahead",
    "15 min ahead",
  ]);
  expect(gains.map((text) => text?.replaceAll("\u00a0", " "))).toEqual([
    "18 % better",
    "15 % better than EWMA",
    "3 % worse",
    "6 % worse than EWMA",
    "as good",
    "3 % worse than EWMA",
  ]);
  expect(panel).toHaveTextContent("LGBM+ against last value over 24 h");
  expect(within(panel).getByRole("row", { name: "EWMA 0.270 0.310 0.390" })).toBeVisible();
  expect(within(panel).getByRole("row", { name: /LGBM\+ within p10–p90 79.% 79.% 79.%/ })).toBeVisible();
  expect(within(panel).getByRole("row", { name: /LGBM\+ mean error −0.0200/ })).toBeVisible();
});

it("names horizons by the window's length", async () => {
  const panel = await show(accuracy(atHorizon(15, 0.2, 0.3)), 300);
  expect(panel).toHaveTextContent(/75.min ahead/);
});

it("says what was scored, and when that is too little", async () => {
  const panel = await show({ ...accuracy(atHorizon(1, 0.2, 0.3, 12)), origin: "issued" });
  expect(panel).toHaveTextContent("Too few windows yet to tell the models apart.");
  expect(panel).toHaveTextContent(/12.windows scored: each forecast as it was issued/);
});

it("tells that a file's forecasts were made anew, and which is served", async () => {
  const panel = await show(accuracy(atHorizon(1, 0.2, 0.3)));
  expect(panel).toHaveTextContent("forecasts made anew from every window of the file");
  expect(panel).toHaveTextContent("LGBM+ is served:");
});

it("says where the model may have been trained on this traffic", async () => {
  const seen = [{ name: "nasa.csv", first: "1995-07-01T04:00:00Z", last: "1995-08-23T03:59:00Z" }];
  const scores = atHorizon(1, 0.2, 0.3);
  const panel = await show({ ...accuracy(scores), seen_in_training: seen });
  expect(panel).toHaveTextContent("The model was trained on nasa.csv");
});

it("asks for another span", async () => {
  const asked = stubBackend({ "GET /api/accuracy": () => json(accuracy(atHorizon(1, 0.2, 0.3))) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={60} served={null} />);
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Span of the errors" }), "7d");
  expect(await screen.findByText(/over 7 days/)).toBeVisible();
  expect(asked.map(({ url }) => new URL(url).searchParams.get("span"))).toEqual(["24h", "7d"]);
});

it("invents nothing where nothing was scored", async () => {
  stubBackend({ "GET /api/accuracy": () => json(accuracy([])) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={60} served={null} />);
  expect(await screen.findByText(/No window of this span/)).toBeVisible();
  expect(screen.queryByRole("table")).not.toBeInTheDocument();
});

it("shows the server's words when it cannot answer", async () => {
  stubBackend({ "GET /api/accuracy": () => problem(404, "Not found", "No series has this name.") });
  renderPage(<AccuracyPanel filename="gone" windowSeconds={60} served={null} />);
  expect(await screen.findByText("No series has this name.")).toBeVisible();
});
