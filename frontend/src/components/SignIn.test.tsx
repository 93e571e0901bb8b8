import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { useLimitsQuery, useSeriesList } from "@/hooks/queries";
import { useSignInNeeded } from "@/hooks/useSession";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { SignOut } from "./header/SignOut";
import { SignIn } from "./SignIn";

afterEach(() => vi.unstubAllGlobals());

const noToken = () => problem(401, "Authentication required", "Reading needs a token.");
const noContent = () => new Response(null, { status: 204 });

/** A page that reads, and asks to sign in where it may not. */
function Reader() {
  const list = useSeriesList();
  if (useSignInNeeded()) return <SignIn onDismiss={undefined} />;
  return (
    <>
      <SignOut />
      {list.data?.map(({ filename }) => filename)}
    </>
  );
}

const field = () => screen.findByLabelText("Token");

async function send(token: string) {
  await userEvent.type(await field(), `${token}{Enter}`);
}

it("comes when a call is refused for want of a token, with the focus in its field", async () => {
  stubBackend({ "GET /api/series": noToken, "GET /api/session": { rights: [] } });
  renderPage(<Reader />);
  expect(await field()).toHaveFocus();
  expect(screen.getByRole("heading", { name: "Sign in to ScaleOps" })).toBeVisible();
});

it("sends the token once, and goes when it is accepted", async () => {
  let signedIn = false;
  const asked = stubBackend({
    "GET /api/series": () => (signedIn ? new Response('[{"filename": "shop"}]') : noToken()),
    "GET /api/session": () => new Response(JSON.stringify({ rights: signedIn ? ["read"] : [] })),
    "POST /api/session": () => {
      signedIn = true;
      return noContent();
    },
  });
  renderPage(<Reader />);
  await send(" secret ");
  expect(await screen.findByText("shop")).toBeVisible();
  expect(screen.queryByLabelText("Token")).not.toBeInTheDocument();
  expect(await screen.findByRole("button", { name: "Sign out" })).toBeVisible();
  const sent = asked.filter(({ method }) => method === "POST");
  expect(await Promise.all(sent.map((request) => request.json()))).toEqual([{ token: "secret" }]);
});

it("does not come back for what was asked before the token was there and is refused after", async () => {
  let signedIn = false;
  let refuse: (answer: Response) => void = () => undefined;
  const late = new Promise<Response>((resolve) => {
    refuse = resolve;
  });
  const asked = stubBackend({
    "GET /api/series": () => (signedIn ? json([{ filename: "shop" }]) : noToken()),
    "GET /api/limits": () => (signedIn ? json({}) : late),
    "GET /api/session": { rights: ["read"] },
    "POST /api/session": () => {
      signedIn = true;
      return noContent();
    },
  });
  const limits = () => asked.filter(({ url }) => url.endsWith("/api/limits"));
  function Page() {
    useLimitsQuery();
    return <Reader />;
  }
  renderPage(<Page />);
  await send("secret");
  expect(await screen.findByText("shop")).toBeVisible();
  refuse(noToken());
  await waitFor(() => expect(limits()).toHaveLength(2));
  expect(screen.queryByLabelText("Token")).not.toBeInTheDocument();
});

it("says why a token was refused, and has the field ready for another", async () => {
  stubBackend({
    "GET /api/series": noToken,
    "POST /api/session": () =>
      problem(401, "Authentication required", "This is none of the server's tokens."),
  });
  renderPage(<Reader />);
  await send("wrong");
  expect(await screen.findByRole("alert")).toHaveTextContent("This is none of the server's tokens.");
  expect(await field()).toHaveFocus();
  expect(await field()).toBeInvalid();
  expect(await field()).toHaveAccessibleDescription("This is none of the server's tokens.");
});

it("forgets what was read when one signs out", async () => {
  let signedIn = true;
  stubBackend({
    "GET /api/series": () => (signedIn ? new Response('[{"filename": "shop"}]') : noToken()),
    "GET /api/session": () => new Response(JSON.stringify({ rights: signedIn ? ["read"] : [] })),
    "DELETE /api/session": () => {
      signedIn = false;
      return noContent();
    },
  });
  renderPage(<Reader />);
  expect(await screen.findByText("shop")).toBeVisible();
  await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await field()).toBeVisible();
  expect(screen.queryByText("shop")).not.toBeInTheDocument();
});

it("can be put off where reading needs no token", async () => {
  const dismiss = vi.fn();
  renderPage(<SignIn onDismiss={dismiss} />);
  await userEvent.click(screen.getByRole("button", { name: "Not now" }));
  await waitFor(() => expect(dismiss).toHaveBeenCalledOnce());
});
