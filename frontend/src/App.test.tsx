import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { stubSockets } from "@/test/fakeSocket";
import { limits, snapshot } from "@/test/fixtures";
import { json, problem, stubBackend } from "@/test/render";
import { App } from "./App";
import { createQueryClient } from "./hooks/queries";
import { PageProvider } from "./hooks/usePage";

afterEach(() => vi.unstubAllGlobals());

it("asks to sign in as soon as the session ends, which the live connection is the first to know", async () => {
  const sockets = stubSockets();
  let signedIn = true;
  const refused = () => problem(401, "Authentication required", "Reading needs a token.");
  stubBackend({
    "GET /api/series": () => (signedIn ? json([]) : refused()),
    "GET /api/live": refused,
    "GET /api/limits": limits(),
    "GET /api/ready": {},
    "GET /api/uploads": [],
    "GET /api/session": { rights: ["read"] },
  });
  render(
    <QueryClientProvider client={createQueryClient()}>
      <PageProvider>
        <App />
      </PageProvider>
    </QueryClientProvider>,
  );
  await waitFor(() => expect(sockets).toHaveLength(1));
  act(() => {
    sockets[0]?.accept();
    sockets[0]?.deliver(snapshot(1, []));
  });
  signedIn = false;
  act(() => sockets[0]?.drop(1008, "the session has ended: sign in again"));
  expect(await screen.findByLabelText("Token", undefined, { timeout: 3_000 })).toBeVisible();
});
