import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { series } from "@/test/fixtures";
import { problem, renderPage, stubBackend } from "@/test/render";
import { ClearData } from "./ClearData";

afterEach(() => vi.unstubAllGlobals());

const hostile = "<img src=x onerror=alert(1)>.csv";

async function open() {
  renderPage(<ClearData series={series({ filename: hostile })} />);
  await userEvent.click(screen.getByRole("button", { name: "Clear data" }));
  return screen.getByRole("dialog", { name: "Delete this series?" });
}

it("asks first, and names the series", async () => {
  const asked = stubBackend({});
  const dialog = await open();
  expect(within(dialog).getByText(hostile)).toBeVisible();
  expect(within(dialog).getByText(/4,320 windows/)).toBeVisible();
  await userEvent.click(within(dialog).getByRole("button", { name: "Keep it" }));
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(asked).toHaveLength(0);
});

it("deletes what it named", async () => {
  const path = `/api/series/${encodeURIComponent(hostile)}`;
  const asked = stubBackend({ [`DELETE ${path}`]: { filename: hostile, points: 4_320 } });
  const dialog = await open();
  await userEvent.click(within(dialog).getByRole("button", { name: "Delete series" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(asked.map(({ method }) => method)).toEqual(["DELETE"]);
});

it("stays open with the server's words when it fails", async () => {
  const path = `/api/series/${encodeURIComponent(hostile)}`;
  stubBackend({ [`DELETE ${path}`]: () => problem(503, "The store cannot be reached", "The disk is full.") });
  const dialog = await open();
  await userEvent.click(within(dialog).getByRole("button", { name: "Delete series" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("The disk is full.");
});
