/** SCTP between places, whatever sockets this kernel has: `sctp.c`, with a stack in user space (libusrsctp). */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "../../scripts/ensure-docker.mjs";
import { inside, type Place } from "./network-lab.ts";

const packages = { gcc: "gcc", "libc6-dev": "/usr/include/stdio.h", "libusrsctp-dev": "/usr/include/usrsctp.h" };

export interface SctpReply {
  /** The server's name. */
  answeredBy: string;
  /** Bytes that it heard. */
  heard: number;
  /** Address that the server saw. */
  client: string;
  /** Address that the client had its answer from. */
  from: string;
}

export class SctpLab implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "sctp-"));
  readonly #program = join(this.#directory, "sctp");
  readonly #stops: (() => void)[] = [];

  constructor() {
    installPackages(packages);
    const source = fileURLToPath(new URL("sctp.c", import.meta.url));
    execFileSync("gcc", ["-O1", "-o", this.#program, source, "-lusrsctp", "-lpthread"]);
  }

  /** Lets a place answer at a port with its name. */
  async serve({ name, namespace }: Place, port: number): Promise<void> {
    const args = [`--net=${namespace}`, this.#program, "server", String(port), name];
    const child = spawn("nsenter", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#stops.push(() => child.kill("SIGKILL"));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`the SCTP server of ${name} ended with ${code}`)));
    });
  }

  /** One association, and a message of so many bytes. @throws Error when there is no answer. */
  async call(from: Place | undefined, address: string, port: number, bytes = 100): Promise<SctpReply> {
    const { stdout } = await inside(
      from,
      "timeout",
      "10",
      this.#program,
      "client",
      address,
      String(port),
      String(bytes),
    );
    const [answeredBy = "", heard = "", client = "", answer = ""] = stdout.trim().split(" ");
    return { answeredBy, heard: Number(heard), client, from: answer };
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
