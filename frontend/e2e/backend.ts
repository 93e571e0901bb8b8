import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "@playwright/test";
import { backendEnvironment, SCALEOPS, temporaryDatabase } from "./environment";

/** A backend that may be stopped, and started again over the same store at the same port. */
export class Backend {
  private process: ChildProcess | null = null;
  private port = 0;
  private readonly database = temporaryDatabase();

  constructor(private readonly settings: Record<string, string> = {}) {}

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The first start takes any free port. */
  async start(): Promise<void> {
    const started = spawn(SCALEOPS, ["serve"], {
      env: { ...process.env, ...backendEnvironment(this.port, this.database), ...this.settings },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process = started;
    this.port = await announcedPort(started);
    started.once("exit", (code, signal) => {
      if (this.process === started) process.stderr.write(`the backend ended unasked: ${signal ?? code}\n`);
    });
  }

  async stop(): Promise<void> {
    const running = this.process;
    this.process = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, "exit");
    running.kill("SIGINT");
    await exited;
  }

  async upload(name: string, content: string): Promise<void> {
    const body = new FormData();
    body.append("file", new File([content], name));
    const answer = await fetch(`${this.address}/api/upload`, { method: "POST", body });
    expect(answer.status).toBe(201);
  }

  /** Feed it line protocol. */
  async write(lines: string): Promise<void> {
    const answer = await fetch(`${this.address}/api/v2/write?org=any&bucket=any`, {
      method: "POST",
      body: lines,
    });
    expect(answer.status).toBe(204);
  }
}

/** Settings under which a feed is seen to move within a test. */
export const WINDOWS_OF_A_SECOND = { SCALEOPS_WINDOW_SECONDS: "1", SCALEOPS_LATE_SECONDS: "0.3" };

/** Writes a count of requests four times a second, as a Telegraf would, until the timer is cleared. */
export function startSending(backend: Backend): NodeJS.Timeout {
  return setInterval(() => void backend.write(`web requests=${5 + (Date.now() % 7)}i`), 250);
}

/** The port that a backend says it listens on, once it does. */
function announcedPort({ stderr }: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    stderr?.setEncoding("utf8");
    stderr?.on("data", (text: string) => {
      said += text;
      const port = /ScaleOps on http:\/\/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+) /.exec(said)?.[1];
      if (port) resolve(Number(port));
    });
    stderr?.on("end", () => reject(new Error(`the backend ended: ${said}`)));
  });
}
