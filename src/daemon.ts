/** Entry point of the background daemon: `node daemon.js '<DaemonOptions as JSON>'`, started by `skiff up`. */
import type { StartMessage } from "./cli/up.ts";
import { AlreadyRunningError, type DaemonOptions } from "./machinery/daemon.ts";
import { start } from "./main.ts";

function tell(message: StartMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

try {
  const daemon = await start(JSON.parse(process.argv[2] ?? "{}") as DaemonOptions);
  // A service manager's stop is a restart as far as Pods are concerned: they go on running.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void daemon.stop({ keepPods: true }));
  }
  process.on("SIGHUP", () => {});
  await tell({ report: daemon.report });
  if (process.connected) process.disconnect();
  await daemon.stopped;
  process.exit(0);
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  await tell({ error: text, ...(error instanceof AlreadyRunningError && { alreadyRunning: true }) });
  console.error(error);
  process.exit(1);
}
