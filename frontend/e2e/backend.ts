import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "@playwright/test";
import { backendEnvironment, SCALEOPS, temporaryDatabase } from "./environment";

/** A backend of one test's own, which it may stop and start again over the same store. */
export class Backend {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly database: string,
    private readonly settings: Record<string, string>,
  ) {}

  static async create(settings: Record<string, string> = {}): Promise<Backend> {
    return new Backend(await freePort(), temporaryDatabase(), settings);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.process = spawn(SCALEOPS, ["serve"], {
      env: { ...process.env, ...backendEnvironment(this.port, this.database), ...this.settings },
      stdio: "ignore",
    });
    await expect.poll(() => this.status(), { timeout: 60_000 }).toBe(200);
  }

  async stop(): Promise<void> {
    const running = this.process;
    this.process = null;
    if (!running || running.exitCode !== null) return;
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

  private async status(): Promise<number> {
    try {
      return (await fetch(`${this.address}/api/ready`)).status;
    } catch {
      return 0;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
