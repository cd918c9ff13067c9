import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLogger } from "../machinery/log.ts";
import { runCommand } from "../machinery/run-command.ts";
import { ResolvedLink } from "./resolved-link.ts";

const settings = { name: "default", serviceCidr: "10.96.0.0/12", clusterDomain: "cluster.local" };

let folder: string;
/** Stands for `resolvectl` and `ip`: writes down what it is told, and fails at what the file `refuse` names. */
let program: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "skiff-resolved-"));
  program = join(folder, "program");
  await writeFile(
    program,
    `#!/bin/sh\necho "$@" >> ${folder}/told\nif [ "$2" = "$(cat ${folder}/refuse)" ]; then echo "No such link" >&2; exit 1; fi\n`,
  );
  await chmod(program, 0o755);
  await writeFile(join(folder, "refuse"), "");
  await writeFile(join(folder, "told"), "");
});

afterEach(() => rm(folder, { recursive: true }));

function link(runs = true): ResolvedLink {
  return new ResolvedLink({
    settings,
    log: silentLogger,
    runs: async () => runs,
    run: (command, args) => runCommand(program, [command, ...args]),
  });
}

async function told(): Promise<string[]> {
  return (await readFile(join(folder, "told"), "utf8")).split("\n").filter(Boolean);
}

const registration = [
  "resolvectl dns skiff-default 10.96.0.10",
  "resolvectl default-route skiff-default false",
  "resolvectl domain skiff-default ~cluster.local",
  "ip route replace local 10.96.0.10/32 dev skiff-default metric 1",
];

it("sends the cluster's domain, and that alone, to the cluster's DNS, until it is withdrawn", async () => {
  const host = link();
  await host.register();
  expect(await told()).toEqual(registration);
  await host.withdraw();
  await host.withdraw();
  expect(await told()).toEqual([...registration, "resolvectl revert skiff-default"]);
});

it("registers again for a bridge made anew, if it had done so", async () => {
  const host = link();
  await host.renew();
  expect(await told()).toEqual([]);
  await Promise.all([host.register(), host.renew()]);
  expect(await told()).toEqual([...registration, ...registration]);
  await host.withdraw();
  await host.renew();
  expect((await told()).at(-1)).toBe("resolvectl revert skiff-default");
});

it("is withdrawn after what was begun before has ended", async () => {
  const host = link();
  void host.register();
  await host.withdraw();
  expect((await told()).at(-1)).toBe("resolvectl revert skiff-default");
});

it("leaves a host without systemd-resolved alone", async () => {
  const host = link(false);
  await host.register();
  await host.withdraw();
  expect(await told()).toEqual([]);
});

it.each([
  ["domain", [...registration.slice(0, 3), "resolvectl revert skiff-default"]],
  ["dns", ["resolvectl dns skiff-default 10.96.0.10"]],
])("takes back what was done when %s is refused", async (refused, expected) => {
  await writeFile(join(folder, "refuse"), refused);
  const host = link();
  await host.register();
  expect(await told()).toEqual(expected);
});

it("does not mind when the bridge has gone before", async () => {
  const host = link();
  await host.register();
  await writeFile(join(folder, "refuse"), "revert");
  await expect(host.withdraw()).resolves.toBeUndefined();
});

it("does not mind a host without the program", async () => {
  const missing = new ResolvedLink({
    settings,
    log: silentLogger,
    runs: async () => true,
    run: (_command, args) => runCommand(join(folder, "none"), args),
  });
  await missing.register();
  await missing.withdraw();
  expect(await told()).toEqual([]);
});
