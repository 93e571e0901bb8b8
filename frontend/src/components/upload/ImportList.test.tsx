import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Import } from "@/api/types";
import { choice, importRecord, inspection, series, uploadControls } from "@/test/fixtures";
import { json, renderPage, stubBackend } from "@/test/render";
import { ImportList } from "./ImportList";

afterEach(() => vi.unstubAllGlobals());

const LIST = [series({ filename: "shop.csv" })];

function show(...imports: Import[]) {
  const controls = uploadControls();
  renderPage(<ImportList imports={imports} list={LIST} controls={controls} />);
  return controls;
}

const rows = () => within(screen.getByRole("region", { name: "Imports" })).getAllByRole("listitem");
const text = (row: HTMLElement | undefined) => row?.textContent?.replaceAll("\u00a0", " ");

it("says of each import its name, age, size, rows, span and state, and links to its series", async () => {
  const controls = show(importRecord());
  expect(text(rows()[0])).toMatch(/^⁨?shop\.csv⁩?Stored\d+ y ago · 2 KB · 120 rows · 31 Aug 1995$/);
  await userEvent.click(screen.getByRole("link", { name: "shop.csv" }));
  expect(controls.show).toHaveBeenCalledWith("shop.csv");
});

it("does not lead to a series that was deleted since", () => {
  show(importRecord({ series: "gone.csv", kept_until: "2999-01-01T00:00:00Z" }));
  expect(text(rows()[0])).toContain("Deleted");
  expect(screen.queryByRole("link")).not.toBeInTheDocument();
  expect(screen.queryByRole("button")).not.toBeInTheDocument();
});

it("shows how far a running one is, whoever sent it, and cancels it", async () => {
  const asked = stubBackend({ "DELETE /api/uploads/import-1": () => new Response(null, { status: 204 }) });
  show(importRecord({ state: "forecasting", share: 0.25, seconds_left: 12.2 }));
  expect(screen.getByRole("progressbar", { name: "Forecasting" })).toHaveAttribute("value", "0.25");
  expect(text(rows()[0])).toContain("Forecasting · 25 % · 120 rows · 13 s left");
  await userEvent.click(screen.getByRole("button", { name: "Cancel shop.csv" }));
  await waitFor(() => expect(asked).toHaveLength(1));
});

it("says why one failed, in the form's words", () => {
  show(importRecord({ state: "failed", problem: "A smaller window_seconds may help.", kept_until: null }));
  expect(text(rows()[0])).toMatch(/Failed.*A smaller window may help\.$/);
});

it("lets a question of an earlier visit be answered while the file is kept", async () => {
  const choices = [
    choice({ rows: "sum" }, "They are parts.", 3),
    choice({ rows: "mean" }, "They are repeats.", 1),
  ];
  stubBackend({
    "POST /api/uploads/import-1/read": async (request: Request) =>
      json(inspection((await request.json()).rows ? {} : { choices })),
  });
  const controls = show(
    importRecord({
      state: "asking",
      series: null,
      problem: "Rows repeat.",
      kept_until: "2999-01-01T00:00:00Z",
    }),
  );
  expect(text(rows()[0])).toContain("Rows repeat.Say how to read it");
  await userEvent.click(screen.getByRole("button", { name: "Say how to read it" }));
  await userEvent.click(await screen.findByRole("button", { name: /They are parts/ }));
  const store = screen.getByRole("button", { name: "Store it so" });
  await waitFor(() => expect(store).toBeEnabled());
  await userEvent.click(store);
  expect(controls.read).toHaveBeenCalledWith({ id: "import-1", name: "shop.csv" }, { rows: "sum" });
});

it("shows the newest of many, and the others when asked", async () => {
  show(...Array.from({ length: 9 }, (_, place) => importRecord({ id: String(place) })));
  expect(rows()).toHaveLength(4);
  await userEvent.click(screen.getByRole("button", { name: "Show all 9" }));
  expect(rows()).toHaveLength(9);
});
