import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { vi } from "vitest";
import { createQueryClient } from "@/hooks/queries";
import { type Page, PageContext } from "@/hooks/usePage";
import { limits } from "./fixtures";

/** Render with a query client of its own; `update` renders something else with the same one. */
export function renderPage(
  element: ReactElement,
  change: Partial<Page> = {},
): { update: (next: ReactElement) => void } {
  const client = createQueryClient();
  const page: Page = {
    theme: "light",
    setTheme: vi.fn(),
    zone: "utc",
    setZone: vi.fn(),
    limits: limits(),
    ...change,
  };
  const wrap = (child: ReactElement) => (
    <QueryClientProvider client={client}>
      <PageContext value={page}>{child}</PageContext>
    </QueryClientProvider>
  );
  const { rerender } = render(wrap(element));
  return { update: (next) => rerender(wrap(next)) };
}

type Answer = unknown | ((request: Request) => Response | Promise<Response>);

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export function problem(status: number, title: string, detail: string): Response {
  return json({ type: "about:blank", title, status, detail }, status);
}

/** Answer fetch by "METHOD /path", and return what was asked. */
export function stubBackend(answers: Record<string, Answer>): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const answer = answers[`${request.method} ${new URL(request.url).pathname}`];
    if (answer === undefined) throw new TypeError("Failed to fetch");
    return typeof answer === "function" ? answer(request) : json(answer);
  });
  return asked;
}
