/** `skiff doctor`. */
import { loadDaemon } from "./daemon-module.ts";
import { type InstanceOptions, pathsOf } from "./instance-options.ts";

const marks = { ok: "ok     ", warning: "warning", error: "ERROR  " } as const;

/** @returns the exit code: 1 when something stands in the way of `skiff up`. */
export async function doctor(options: InstanceOptions & { output?: string }): Promise<number> {
  const findings = await (await loadDaemon()).doctor({ name: options.name, dataDir: pathsOf(options).dataDir });
  if (options.output === "json") console.log(JSON.stringify(findings, null, 2));
  else
    for (const { check, level, found, remedy } of findings) {
      console.log(`${marks[level]}  ${check.padEnd(14)} ${found}`);
      if (remedy) console.log(`${" ".repeat(25)}→ ${remedy}`);
    }
  return findings.some((finding) => finding.level === "error") ? 1 : 0;
}
