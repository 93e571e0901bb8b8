import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { Backend } from "./backend";
import { chartSummary, expect, expectAccessible, test, uploadAndWait } from "./page";
import { threeDays } from "./traffic";

// The browser itself reports every refusal, and what the policies of the product and of the browser keep out.
test.use({
  allowErrors: /status of 40[13]|WebSocket connection to|CORS policy|ERR_FAILED|ERR_BLOCKED|frame-ancestors/,
});

const backend = new Backend({
  SCALEOPS_HOST: "0.0.0.0",
  SCALEOPS_READ_TOKEN: "token-to-look",
  SCALEOPS_API_TOKEN: "token-for-everything",
});

test.beforeAll(() => backend.start());
test.afterAll(() => backend.stop());

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
}

const sessionOf = async (page: Page) =>
  (await page.context().cookies()).find(({ name }) => name === "scaleops_session");

for (const theme of ["light", "dark"] as const) {
  test(`a bare server asks for a token, shows its data, and forgets the session, ${theme}`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(backend.address);
    await expect(page.getByLabel("Token")).toBeFocused();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await expectAccessible(page);

    await signIn(page, "a wrong one");
    await expect(page.getByRole("alert")).toContainText("none of the server's tokens");
    await expectAccessible(page);

    await signIn(page, "token-for-everything");
    await uploadAndWait(page, "traffic.csv", threeDays({ minutes: 600 }));
    await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
    await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(await sessionOf(page)).toMatchObject({ httpOnly: true, sameSite: "Strict" });

    await page.reload();
    await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByLabel("Token")).toBeFocused();
    await expect(page.getByText("traffic.csv")).toHaveCount(0);
    expect(await sessionOf(page)).toBeUndefined();
  });
}

/** A page of somebody else's, on another port of the same host: to SameSite cookies that is the same site. */
async function withForeignPage(use: (address: string, cookies: string[]) => Promise<void>): Promise<void> {
  const cookies: string[] = [];
  const server: Server = createServer(({ headers }, answer) => {
    cookies.push(headers.cookie ?? "");
    answer.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Foreign</title>");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, cookies);
  } finally {
    server.close();
  }
}

/** Everything a page may try with the session of its visitor; what came back that could be read. */
async function attack(page: Page, target: string): Promise<string[]> {
  return page.evaluate(async (url) => {
    const read: string[] = [];
    const quietly = (attempt: Promise<unknown>) => attempt.catch(() => undefined);
    const lines = "stolen count=1i";
    const csv = new File(["time,requests\n2026-01-05 08:00,1\n2026-01-05 08:01,2\n"], "stolen.csv");
    const form = new FormData();
    form.append("file", csv);
    const posts: [string, BodyInit | null, string][] = [
      ["/api/upload", form, "POST"],
      ["/api/v2/write", lines, "POST"],
      ["/api/sample", null, "POST"],
      ["/api/session", new Blob(['{"token": "guess"}'], { type: "text/plain" }), "POST"],
      ["/api/series/traffic.csv", null, "DELETE"],
    ];
    for (const mode of ["no-cors", "cors"] as const) {
      for (const [path, body, method] of posts) {
        if (mode === "no-cors" && method === "DELETE") continue;
        await quietly(fetch(url + path, { method, body, mode, credentials: "include" }));
      }
      const answer = await quietly(fetch(`${url}/api/series`, { mode, credentials: "include" }));
      if (answer instanceof Response) read.push(await answer.text());
    }
    navigator.sendBeacon(`${url}/api/v2/write`, lines);

    for (const [path, encoding] of [
      ["/api/upload", "multipart/form-data"],
      ["/api/v2/write", "text/plain"],
    ] as const) {
      const frame = document.createElement("iframe");
      frame.name = encoding;
      document.body.append(frame);
      const sent = document.createElement("form");
      Object.assign(sent, { action: url + path, method: "post", enctype: encoding, target: encoding });
      const input = document.createElement("input");
      Object.assign(input, { name: encoding === "text/plain" ? "stolen count" : "file", value: "1i" });
      sent.append(input);
      document.body.append(sent);
      const answered = new Promise((done) => {
        frame.addEventListener("load", done, { once: true });
        setTimeout(done, 5_000); // a 204 loads nothing
      });
      sent.submit();
      await answered;
    }
    for (const tag of ["script", "img"] as const) {
      const element = document.createElement(tag);
      const ended = new Promise<void>((done) => {
        element.onload = () => {
          read.push(`${tag} loaded`);
          done();
        };
        element.onerror = () => done();
      });
      element.src = `${url}/api/series`;
      document.body.append(element);
      await ended;
    }
    await new Promise<void>((done) => {
      const socket = new WebSocket(`${url.replace("http:", "ws:")}/ws/live`);
      socket.onmessage = ({ data }) => {
        read.push(String(data));
        socket.close();
      };
      socket.onclose = () => done();
    });
    return read.filter((text) => text !== "");
  }, target);
}

test("a page of another origin can use nobody's session: nothing is stored, deleted or read", async ({
  page,
}) => {
  await page.goto(backend.address);
  await signIn(page, "token-for-everything");
  await uploadAndWait(page, "traffic.csv", threeDays({ minutes: 600 }));
  const stored = async () => (await page.context().request.get(`${backend.address}/api/series`)).json();
  const before = await stored();
  const session = await sessionOf(page);

  await withForeignPage(async (foreign, cookies) => {
    await page.goto(foreign);
    // The browser sends the session to every port of the host: it is the product that must refuse.
    expect(cookies[0]).toContain("scaleops_session=");
    expect(await attack(page, backend.address)).toEqual([]);
  });

  expect(await sessionOf(page)).toEqual(session);
  expect(await stored()).toEqual(before);
});
