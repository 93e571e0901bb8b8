import { useQueryClient } from "@tanstack/react-query";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Accuracy, Limits, ServedPoint } from "@/api/types";
import { accuracy, limits, MODELS, score, served, THIRD_MODEL } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { AccuracyPanel } from "./AccuracyPanel";

afterEach(() => vi.unstubAllGlobals());

function atHorizon(horizon: number, model: number, naive: number, origins = 1_440) {
  return [
    score("lgbm_plus", model, { horizon, origins, bias: -0.02, coverage: 0.79 }),
    score("lgbm", model + 0.01, { horizon, origins }),
    score("last_value", naive, { horizon, origins }),
    score("ewma", naive - 0.01, { horizon, origins }),
  ];
}

const SERVED = served({ 1: "lgbm_plus", 5: "lgbm_plus", 15: "lgbm_plus" });

async function show(
  answer: Accuracy,
  { windowSeconds = 60, serving = SERVED, ...page }: Shown = {},
): Promise<HTMLElement> {
  stubBackend({ "GET /api/accuracy": () => json(answer) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={windowSeconds} served={serving} />, page);
  const panel = screen.getByRole("region", { name: "Accuracy" });
  await waitFor(() => expect(panel.querySelector('[aria-busy="true"]')).toBeNull());
  return panel;
}

interface Shown {
  windowSeconds?: number;
  serving?: ServedPoint[];
  limits?: Limits;
}

/** The figures in bold, as "row, column". */
function boldFigures(panel: HTMLElement): string[] {
  return within(panel)
    .getAllByRole("cell")
    .filter(({ className }) => className.includes("font-semibold"))
    .map((cell) => `${cell.closest("tr")?.querySelector("th")?.textContent} ${cell.textContent}`);
}

it("sets the horizons side by side, against the reference baseline and the best one in words", async () => {
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
  expect(panel).toHaveTextContent("LGBM+ vs last value over 24 h, by WAPE");
  expect(within(panel).getByRole("row", { name: "EWMA 27.0 31.0 39.0" })).toBeVisible();
  expect(within(panel).getByRole("row", { name: /LGBM\+ within p10–p90 79.% 79.% 79.%/ })).toBeVisible();
  expect(within(panel).getByRole("row", { name: /LGBM\+ mean error, req\/s −0\.02( |$)/ })).toBeVisible();
});

it("names horizons by the window's length", async () => {
  const panel = await show(accuracy(atHorizon(15, 0.2, 0.3)), { windowSeconds: 300 });
  expect(panel).toHaveTextContent(/75.min ahead/);
});

it("says what was scored, and when that is too little", async () => {
  const panel = await show({ ...accuracy(atHorizon(1, 0.2, 0.3, 12)), origin: "issued" });
  expect(panel).toHaveTextContent("Too few windows yet to tell the models apart.");
  expect(panel).toHaveTextContent(/1.min ahead ?too few ?12 of 60.windows/);
  expect(panel).not.toHaveTextContent(/better|worse/);
  expect(panel).toHaveTextContent(/12.windows scored: each forecast as it was issued/);
});

it("says that a file's forecasts were computed for the scores", async () => {
  const panel = await show(accuracy(atHorizon(1, 0.2, 0.3)));
  expect(panel).toHaveTextContent("forecasts computed from every window of the file");
});

it("says which candidate is served at which horizon, and the reasons", async () => {
  const serving = served({ 1: "lgbm_plus", 5: "ewma", 15: "ewma" });
  const panel = await show(accuracy(atHorizon(1, 0.2, 0.3)), { serving });
  expect(panel).toHaveTextContent(/LGBM\+ is served 1.min ahead\./);
  expect(panel).toHaveTextContent(/EWMA is served 5.min and 15.min ahead\./);
  const reasons = within(panel).getAllByRole("listitem", { hidden: true });
  expect(reasons.map(({ textContent }) => textContent?.replaceAll("\u00a0", " "))).toEqual([
    "1 min ahead: The error of lgbm_plus was least.",
    "5 min ahead: The error of ewma was least.",
    "15 min ahead: The error of ewma was least.",
  ]);
});

it("has the least WAPE of each horizon in bold, whatever the RMSE", async () => {
  const panel = await show(accuracy([...atHorizon(1, 0.2, 0.3), ...atHorizon(5, 0.4, 0.3)]));
  expect(boldFigures(panel)).toEqual(["LGBM+ 20.0", "EWMA 29.0"]);
});

it("says why another than the one in bold is served", async () => {
  const serving = served({ 1: "lgbm_plus", 5: "ewma" });
  const scores = [...atHorizon(1, 0.2, 0.3), ...atHorizon(5, 0.2, 0.3)];
  const panel = await show(accuracy(scores), { serving });
  expect(panel).toHaveTextContent(/LGBM\+ is served 1.min ahead\./);
  expect(panel).toHaveTextContent(
    /EWMA is served 5.min ahead: it had the least error over the last 240 windows; over 24 h LGBM\+ has the least\./,
  );
});

it("has a row for each model that the server names", async () => {
  const models = [...MODELS, THIRD_MODEL];
  const scores = [...atHorizon(1, 0.2, 0.3), score("toy", 0.25)];
  const panel = await show(accuracy(scores), { limits: limits({ models }) });
  const rows = within(panel).getAllByRole("rowheader");
  expect(rows.slice(0, 4).map(({ textContent }) => textContent)).toEqual([
    "LGBM+",
    "LGBM",
    "Toy",
    "last value",
  ]);
  expect(within(panel).getByRole("row", { name: "Toy 25.0" })).toBeVisible();
});

it("says where the model may have been trained on this traffic", async () => {
  const seen = [{ name: "nasa.csv", first: "1995-07-01T04:00:00Z", last: "1995-08-23T03:59:00Z" }];
  const scores = atHorizon(1, 0.2, 0.3);
  const panel = await show({ ...accuracy(scores), seen_in_training: seen });
  expect(panel).toHaveTextContent("The model was trained on nasa.csv");
  expect(panel).toHaveTextContent("these errors are optimistic");
});

it("asks for another span", async () => {
  const asked = stubBackend({ "GET /api/accuracy": () => json(accuracy(atHorizon(1, 0.2, 0.3))) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={60} served={[]} />);
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Span of the errors" }), "7d");
  expect(await screen.findByText(/over 7 days/)).toBeVisible();
  expect(asked.map(({ url }) => new URL(url).searchParams.get("span"))).toEqual(["24h", "7d"]);
});

it("invents nothing where nothing was scored", async () => {
  stubBackend({ "GET /api/accuracy": () => json(accuracy([])) });
  renderPage(<AccuracyPanel filename="web" windowSeconds={60} served={[]} />);
  expect(await screen.findByText(/No window in this span/)).toBeVisible();
  expect(screen.queryByRole("table")).not.toBeInTheDocument();
});

it("keeps the errors that it has when the server cannot answer anew", async () => {
  const answers = [json(accuracy(atHorizon(1, 0.2, 0.3))), problem(500, "Broken", "It broke.")];
  stubBackend({ "GET /api/accuracy": () => answers.shift() });
  function Page() {
    const queries = useQueryClient();
    const [asked, setAsked] = useState(false);
    const ask = () => void queries.invalidateQueries().then(() => setAsked(true));
    return (
      <>
        <button type="button" onClick={ask}>
          {asked ? "Asked again" : "Ask again"}
        </button>
        <AccuracyPanel filename="web" windowSeconds={60} served={[]} />
      </>
    );
  }
  renderPage(<Page />);
  await screen.findByRole("row", { name: "EWMA 29.0" });
  await userEvent.click(screen.getByRole("button", { name: "Ask again" }));
  await screen.findByRole("button", { name: "Asked again" });
  expect(screen.getByRole("row", { name: "EWMA 29.0" })).toBeVisible();
});

it("shows the server's words when it cannot answer", async () => {
  stubBackend({ "GET /api/accuracy": () => problem(404, "Not found", "No series has this name.") });
  renderPage(<AccuracyPanel filename="gone" windowSeconds={60} served={[]} />);
  expect(await screen.findByText("No series has this name.")).toBeVisible();
});
