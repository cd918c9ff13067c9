// From the command to a Ready node with an empty store, and what the daemon costs while nothing happens.
import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { Instance, median, timed } from "./measure.mjs";

export const title = "Start and idle";
const rounds = 5;
const idleSeconds = 60;

export async function run() {
  const ups = [];
  const infos = [];
  for (let round = 0; round < rounds; round++) {
    infos.push(await timed(() => execFileSync("docker", ["info"], { stdio: "ignore" })));
    const instance = new Instance("bench-up");
    try {
      ups.push(await timed(() => instance.skiff("up", "--no-merge", "--port", "16443")));
    } finally {
      instance.reset();
    }
  }
  const up = median(ups);
  const info = median(infos);

  const instance = new Instance("bench-idle");
  try {
    instance.up();
    await wait(5_000);
    const before = instance.usage();
    await wait(idleSeconds * 1000);
    const after = instance.usage();
    const share = ((after.cpuSeconds - before.cpuSeconds) / idleSeconds) * 100;
    const megabytes = after.residentBytes / 1e6;
    return [
      {
        figure: "`skiff up` to Ready, empty store",
        value: up,
        unit: "ms",
        baseline: info,
        baselineIs: "`docker info`",
        ratio: up / info,
        bar: "< 1000 ms",
        holds: up < 1000,
      },
      {
        figure: `resident memory, idle ${idleSeconds} s`,
        value: megabytes,
        unit: "MB",
        bar: "< 100 MB",
        holds: megabytes < 100,
      },
      { figure: `CPU, idle ${idleSeconds} s`, value: share, unit: "% of a core", bar: "< 0.3 %", holds: share < 0.3 },
    ];
  } finally {
    instance.reset();
  }
}
