import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useUpload } from "@/hooks/useUpload";
import { type FakeRequest, stubRequests } from "@/test/fakeRequest";
import { uploadResult } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { UploadCard } from "./UploadCard";

const onStored = vi.fn(async () => undefined);
const onCancelled = vi.fn();
let requests: FakeRequest[];

beforeEach(() => {
  vi.clearAllMocks();
  requests = stubRequests();
  stubBackend({ "GET /api/uploads/x": null });
});

afterEach(() => vi.unstubAllGlobals());

function Page() {
  const controls = useUpload(onStored, onCancelled);
  return <UploadCard controls={controls} isSynthetic={(name) => name === "sample"} />;
}

const newest = () => requests.at(-1) as FakeRequest;
const csv = (name = "access.csv", content = "time,requests\n1,2") => new File([content], name);

async function choose(file: File) {
  await userEvent.upload(screen.getByLabelText("Traffic file"), file);
  return file;
}

async function fail(status: number, title: string, detail: string) {
  renderPage(<Page />);
  const file = await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  await act(async () => newest().answer(status, { type: "x", title, status, detail }));
  return file;
}

it("says what it takes, and up to which size", () => {
  renderPage(<Page />);
  expect(screen.getByRole("button", { name: /^Drop a traffic file/ })).toHaveTextContent(
    /\.csv \.parquet, up to 2.KB/,
  );
});

it("shows bytes sent, then the server's steps", async () => {
  const steps = ["reading", "forecasting"];
  vi.stubGlobal("fetch", async () => json({ state: steps.shift() ?? "storing", bytes: 1 }));
  renderPage(<Page />);
  const file = await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  act(() => newest().progress(4));
  expect(screen.getByRole("progressbar", { name: "Bytes sent" })).toHaveValue(4);
  expect(screen.getByRole("status")).toHaveTextContent("Sending");
  act(() => newest().progress(file.size));
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("Reading rows"));
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("Forecasting"));
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("Storing"));
  expect(newest().headers.get("X-Upload-Id")).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});

it("reports the server's own numbers", async () => {
  renderPage(<Page />);
  await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  const result = uploadResult();
  await act(async () => newest().answer(201, result));
  expect(onStored).toHaveBeenCalledWith(result);
  const card = screen.getByRole("region", { name: "Upload traffic" });
  expect(card).toHaveTextContent(/access.log ?stored/);
  expect(card).toHaveTextContent("Rows read12,345");
  expect(card).toHaveTextContent(/Windows120 of 1.min, 15 unknown/);
  expect(card).toHaveTextContent("Span31 Aug 1995, 20:00 – 22:00 UTC");
  expect(card).toHaveTextContent(/not a time: 3.rows, first at 7; 9; 1,001/);
  expect(card).toHaveTextContent("Times without a zone were taken as UTC (timezone overrides).");
  await userEvent.click(screen.getByRole("button", { name: "Upload another file" }));
  expect(screen.getByRole("button", { name: /^Drop a traffic file/ })).toBeVisible();
});

it("fails with the server's words, and sends the same file again with what was told", async () => {
  const file = await fail(422, "The file cannot be used", "No column holds times.");
  expect(screen.getByRole("alert")).toHaveTextContent("The file cannot be used");
  expect(screen.getByRole("alert")).toHaveTextContent("No column holds times.");
  await userEvent.type(screen.getByRole("textbox", { name: "Time column" }), " when ");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Time unit" }), "ms");
  await userEvent.click(screen.getByRole("button", { name: "Send again" }));
  await waitFor(() => expect(requests).toHaveLength(2));
  const body = newest().body as FormData;
  expect((body.get("file") as File).name).toBe(file.name);
  expect(body.get("timestamp_column")).toBe("when");
  expect(body.get("time_unit")).toBe("ms");
  expect(body.has("timezone")).toBe(false);
});

it("offers no other reading where that would not help", async () => {
  await fail(415, "Not a format we read", "This is a PNG.");
  expect(screen.getByRole("alert")).toHaveTextContent("This is a PNG.");
  expect(screen.queryByRole("form", { name: "Read it another way" })).not.toBeInTheDocument();
});

it("offers to try again where the server is busy", async () => {
  await fail(503, "Busy", "Two uploads are being read.");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(requests).toHaveLength(2));
});

it("says that the backend is gone when the connection breaks", async () => {
  renderPage(<Page />);
  await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  await act(async () => newest().onerror?.());
  expect(screen.getByRole("alert")).toHaveTextContent("The backend cannot be reached");
});

it("cancels", async () => {
  renderPage(<Page />);
  await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByText("was cancelled.")).toBeVisible();
  expect(onCancelled).toHaveBeenCalledOnce();
});

it("does not send what the server would refuse for its size", async () => {
  renderPage(<Page />);
  await choose(csv("big.csv", "x".repeat(3_000)));
  expect(await screen.findByRole("alert")).toHaveTextContent(/the server accepts up to 2.KB/);
  expect(requests).toHaveLength(0);
});

it("loads the sample, labelled synthetic", async () => {
  stubBackend({ "POST /api/sample": () => json(uploadResult({ filename: "sample" }), 201) });
  renderPage(<Page />);
  await userEvent.click(screen.getByRole("button", { name: "Load sample traffic" }));
  expect(await screen.findByText("synthetic")).toBeVisible();
  expect(onStored).toHaveBeenCalledOnce();
});

it("says why the sample could not be loaded", async () => {
  stubBackend({ "POST /api/sample": () => problem(503, "Busy", "Try again in a moment.") });
  renderPage(<Page />);
  await userEvent.click(screen.getByRole("button", { name: "Load sample traffic" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Try again in a moment.");
});

it("shows a hostile name as the text it is", async () => {
  renderPage(<Page />);
  await choose(csv());
  await waitFor(() => expect(requests).toHaveLength(1));
  const name = "‮<img src=x onerror=alert(1)>";
  await act(async () => newest().answer(201, uploadResult({ filename: name })));
  expect(screen.getByTitle(name).tagName).toBe("BDI");
  expect(document.querySelector("img")).toBeNull();
});
