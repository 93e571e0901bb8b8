import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { problem, renderPage, stubBackend } from "@/test/render";
import { SignOut } from "./SignOut";

afterEach(() => vi.unstubAllGlobals());

it("says that one is still signed in, and why", async () => {
  stubBackend({
    "GET /api/session": { rights: ["read"] },
    "DELETE /api/session": () => problem(503, "Unavailable", "The server is stopping."),
  });
  renderPage(<SignOut />);
  await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Still signed in: The server is stopping.");
});
