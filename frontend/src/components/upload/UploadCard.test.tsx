import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Import } from "@/api/types";
import { useUploads } from "@/hooks/useUploads";
import { type FakeRequest, stubRequests } from "@/test/fakeRequest";
import { choice, importRecord, inspection, series, uploadResult } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { DropArea } from "./DropArea";
import { UploadCard } from "./UploadCard";

const refresh = vi.fn(async () => undefined);
const show = vi.fn();
let requests: FakeRequest[];
let progress: Partial<Import>;
let asked: Request[];

const READ = /^\/api\/uploads\/[^/]+\/read$/;

/** The server knows and keeps what was sent. */
const recordOf = ({ headers }: FakeRequest) =>
  importRecord({ id: headers.get("X-Upload-Id") ?? "", kept_until: "2999-01-01T00:00:00Z", ...progress });

/** A server that takes every file for the same one; `stored`: how it answers where that is to be stored. */
function serve(answers: Partial<Record<"look" | "stored" | "sample" | "cancelled", () => Response>> = {}) {
  const { look = () => json(inspection()), stored = () => json(uploadResult()) } = answers;
  const { cancelled = () => new Response(null, { status: 204 }) } = answers;
  asked = stubBackend({
    "GET /api/uploads": () => json(requests.map(recordOf)),
    "POST /api/sample": answers.sample,
  });
  const others = globalThis.fetch;
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "DELETE") {
      asked.push(request);
      return cancelled();
    }
    if (!READ.test(pathname)) return others(request as never);
    asked.push(request);
    return searchParams.get("store") === "true" ? stored() : look();
  });
}

beforeEach(() => {
  vi.clearAllMocks();
  progress = {};
  requests = stubRequests();
  serve();
});

afterEach(() => vi.unstubAllGlobals());

const LIST = [series(), series({ filename: "sample", synthetic: true })];

function Page() {
  const controls = useUploads(refresh, show);
  return (
    <DropArea onFiles={controls.add}>
      <UploadCard controls={controls} list={LIST} />
    </DropArea>
  );
}

const newest = () => requests.at(-1) as FakeRequest;
const csv = (name = "access.log", content = "time,requests\n1,2") => new File([content], name);
const card = () => screen.getByRole("region", { name: "Upload traffic" });
const readings = () => asked.filter(({ url }) => READ.test(new URL(url).pathname));

/** Choose files; the first of them is on its way then. */
async function choose(...files: File[]) {
  const before = requests.length;
  await userEvent.upload(screen.getByLabelText("Traffic file"), files);
  await waitFor(() => expect(requests).toHaveLength(before + 1));
}

async function chooseAndAnswer(status: number, body: unknown) {
  renderPage(<Page />);
  await choose(csv());
  act(() => newest().finish());
  await act(async () => newest().answer(status, body));
}

const refusal = (status: number, title: string, detail: string, members = {}) =>
  chooseAndAnswer(status, { type: "x", title, status, detail, ...members });

const CHOICES = [
  choice({ value_unit: "count" }, "“value” is a count of requests per row.", 0.2),
  choice({ value_unit: "rate" }, "“value” is a rate in requests per second.", 64),
];
const ask = () =>
  refusal(422, "More than one reading", "What are whole numbers? Choose one: Counts. Rates.", {
    question: "What are whole numbers?",
    choices: CHOICES,
    id: "1",
  });

it("says what it takes, and up to which size", () => {
  renderPage(<Page />);
  expect(screen.getByRole("button", { name: /^Drop a traffic file/ })).toHaveTextContent(
    /\.csv \.parquet, up to 2.KB/,
  );
});

it("shows bytes sent, then what the file is while the server imports it", async () => {
  renderPage(<Page />);
  const file = csv();
  await choose(file);
  act(() => newest().progress(4));
  expect(screen.getByRole("progressbar", { name: "Sending" })).toHaveAttribute(
    "value",
    String(4 / file.size),
  );
  expect(readings()).toHaveLength(0);

  const id = newest().headers.get("X-Upload-Id") ?? "";
  progress = { state: "reading", share: 0.41, rows: 1_200, rows_per_second: 400, seconds_left: 9 };
  act(() => newest().finish());
  expect(await screen.findByText(inspection().says)).toBeVisible();
  expect(readings()[0]?.url).toContain(`/api/uploads/${id}/read?store=false`);
  expect(screen.getByRole("columnheader", { name: "time time" })).toBeVisible();
  expect(screen.getByRole("columnheader", { name: "requests value" })).toBeVisible();
  expect(screen.getByRole("columnheader", { name: "latency ignored" })).toBeVisible();
  expect(await screen.findByRole("progressbar", { name: "Reading rows" })).toHaveAttribute("value", "0.41");
  expect(card()).toHaveTextContent(/41.% · 1,200.rows · 400 rows\/s · 9.s left/);
});

it("reports the server's own numbers, how the file was read first of all", async () => {
  await chooseAndAnswer(201, uploadResult());
  expect(refresh).toHaveBeenCalledOnce();
  expect(show).toHaveBeenCalledWith("access.log");
  expect(card()).toHaveTextContent(/access\.log ?stored ?Log: one request a row/);
  expect(card()).toHaveTextContent("Rows read12,345");
  expect(card()).toHaveTextContent(/Windows120 of 1.min, 15 unknown/);
  expect(card()).toHaveTextContent("Span31 Aug 1995, 20:00 – 22:00 UTC");
  expect(card()).toHaveTextContent(/not a time: 3.rows, first at 7; 9; 1,001/);
});

it("says since when the same file is stored", async () => {
  await chooseAndAnswer(201, uploadResult({ already_stored: "1995-09-01T10:12:00Z" }));
  expect(card()).toHaveTextContent("Already stored on 1 Sept 1995, 10:12 UTC");
  await userEvent.click(screen.getByRole("link", { name: "access.log" }));
  expect(show).toHaveBeenLastCalledWith("access.log");
});

it("asks where two readings are likely, and stores the one that is chosen without sending the file again", async () => {
  await ask();
  const question = screen.getByRole("group", { name: "What are whole numbers?" });
  const [count, rate] = within(question).getAllByRole("button");
  expect(count).toHaveTextContent(/a count of requests per row\..*drawn up to 0\.200.req\/s/);
  await userEvent.click(rate as HTMLElement);
  await waitFor(() => expect(show).toHaveBeenCalledWith("access.log"));
  const stored = readings().find(({ url }) => url.endsWith("store=true"));
  expect(await stored?.json()).toEqual({ value_unit: "rate" });
  expect(requests).toHaveLength(1);
});

it("changes how a stored file was read: redrawn as choices change, then stored so", async () => {
  await chooseAndAnswer(201, uploadResult());
  await userEvent.click(await screen.findByRole("button", { name: "Change how it was read" }));
  const dialog = screen.getByRole("dialog");
  await userEvent.selectOptions(within(dialog).getByLabelText("Unit of values"), "rate");
  await userEvent.selectOptions(within(dialog).getByLabelText("Use of the column latency"), "value");
  await waitFor(() => expect(readings()).toHaveLength(3));
  const fields = { value_unit: "rate", value_column: "latency" };
  expect(await readings().at(-1)?.clone().json()).toEqual(fields);
  await userEvent.click(within(dialog).getByRole("button", { name: "Store it so" }));
  await waitFor(() => expect(readings()).toHaveLength(4));
  expect(
    await readings()
      .find(({ url }) => url.endsWith("store=true"))
      ?.json(),
  ).toEqual(fields);
  expect(requests).toHaveLength(1);
});

it("keeps the choices where they cannot be read, and says why", async () => {
  await chooseAndAnswer(201, uploadResult());
  await userEvent.click(await screen.findByRole("button", { name: "Change how it was read" }));
  serve({ look: () => problem(422, "Unusable file", "“latency” holds no times.") });
  const use = screen.getByLabelText("Use of the column latency");
  await userEvent.selectOptions(use, "time");
  expect(await screen.findByText("“latency” holds no times.")).toBeVisible();
  expect(use).toHaveValue("time");
  expect(screen.getByRole("button", { name: "Store it so" })).toBeDisabled();
});

it("says that the file must be sent again once it is not kept, and sends it", async () => {
  await chooseAndAnswer(201, uploadResult());
  await userEvent.click(await screen.findByRole("button", { name: "Change how it was read" }));
  serve({ look: () => problem(404, "Not found", "It is gone.") });
  await userEvent.selectOptions(screen.getByLabelText("Unit of values"), "rate");
  await userEvent.click(await screen.findByRole("button", { name: "Send it again" }));
  await waitFor(() => expect(requests).toHaveLength(2));
  expect(newest().body?.get("value_unit")).toBe("rate");
});

it("fails with the server's words, and offers to say how the file is read", async () => {
  serve({ look: () => problem(422, "Unusable file", "No column holds times.") });
  await refusal(422, "Unusable file", "No column holds times.");
  expect(screen.getByRole("alert")).toHaveTextContent(
    "Unusable fileNo column holds times.Nothing was stored.",
  );
  await userEvent.click(screen.getByRole("button", { name: "Say how to read it" }));
  expect(screen.getByLabelText("Time zone")).toBeVisible();
});

it("offers no other reading where that would not help", async () => {
  await refusal(415, "Not a format we read", "This is a PNG.");
  expect(screen.getByRole("alert")).toHaveTextContent("This is a PNG.");
  expect(screen.queryByRole("button", { name: "Say how to read it" })).not.toBeInTheDocument();
});

it("says that the file must be sent again where the server does not keep it", async () => {
  progress = { kept_until: null };
  await chooseAndAnswer(201, uploadResult());
  await waitFor(() => expect(card()).toHaveTextContent("to change how it was read, send it again"));
  expect(readings()).toHaveLength(0);
});

it("offers to try again where the server is busy or gone", async () => {
  await refusal(503, "Busy", "Two uploads are being read.");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(requests).toHaveLength(2));
  await act(async () => newest().onerror?.());
  expect(screen.getByRole("alert")).toHaveTextContent("The backend cannot be reached");
});

it("queues several files, goes on past one that asks, and goes to the series of the first alone", async () => {
  renderPage(<Page />);
  await choose(csv("a.csv"), csv("b.csv"), csv("c.csv"));
  expect(screen.getAllByText("queued")).toHaveLength(2);
  await act(async () => newest().answer(201, uploadResult()));
  await waitFor(() => expect(requests).toHaveLength(2));
  await act(async () =>
    newest().answer(422, {
      type: "x",
      title: "t",
      status: 422,
      detail: "Which? Choose one: …",
      question: "Which?",
      choices: CHOICES,
    }),
  );
  await waitFor(() => expect(requests).toHaveLength(3));
  await act(async () => newest().answer(201, uploadResult({ filename: "sample" })));
  const sent = requests.map(({ body }) => body?.get("file") as File);
  expect(sent.map(({ name }) => name)).toEqual(["a.csv", "b.csv", "c.csv"]);
  expect(screen.getByRole("group", { name: "Which?" })).toBeVisible();
  expect(show.mock.calls).toEqual([["access.log"]]);
});

it("cancels what is being sent by breaking off", async () => {
  renderPage(<Page />);
  await choose(csv());
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByText("was cancelled.")).toBeVisible();
  expect(asked.filter(({ method }) => method === "DELETE")).toHaveLength(0);
});

it("cancels an import by telling the server", async () => {
  renderPage(<Page />);
  await choose(csv());
  act(() => newest().finish());
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByText("was cancelled.")).toBeVisible();
  const told = asked.find(({ method }) => method === "DELETE");
  expect(told?.url.endsWith(`/api/uploads/${newest().headers.get("X-Upload-Id")}`)).toBe(true);
});

it("says why an import could not be cancelled, and goes on with it", async () => {
  serve({ cancelled: () => problem(403, "Forbidden", "This token may look.") });
  renderPage(<Page />);
  await choose(csv());
  act(() => newest().finish());
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This token may look.");
  expect(screen.getByRole("button", { name: "Cancel" })).toBeEnabled();
});

it("does not send what the server would refuse for its size", async () => {
  renderPage(<Page />);
  await userEvent.upload(screen.getByLabelText("Traffic file"), csv("big.csv", "x".repeat(3_000)));
  expect(await screen.findByRole("alert")).toHaveTextContent(/the server accepts up to 2.KB/);
  expect(requests).toHaveLength(0);
});

it("loads the sample, labelled synthetic", async () => {
  serve({ sample: () => json(uploadResult({ filename: "sample" }), 201) });
  renderPage(<Page />);
  await userEvent.click(screen.getByRole("button", { name: "Load sample traffic" }));
  expect(await screen.findByText("synthetic")).toBeVisible();
  expect(refresh).toHaveBeenCalledOnce();
});

it("says why the sample could not be loaded", async () => {
  serve({ sample: () => problem(503, "Busy", "Try again in a moment.") });
  renderPage(<Page />);
  await userEvent.click(screen.getByRole("button", { name: "Load sample traffic" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Try again in a moment.");
});

it("takes files that are pasted into the page", async () => {
  renderPage(<Page />);
  const paste = new Event("paste", { bubbles: true });
  act(() => {
    document.body.dispatchEvent(Object.assign(paste, { clipboardData: { files: [csv()] } }));
  });
  await waitFor(() => expect(requests).toHaveLength(1));
});

it("shows a hostile name as the text it is", async () => {
  const name = "‮<img src=x onerror=alert(1)>";
  renderPage(<Page />);
  await choose(csv(name));
  expect(screen.getByTitle(name).tagName).toBe("BDI");
  expect(document.querySelector("img")).toBeNull();
});
