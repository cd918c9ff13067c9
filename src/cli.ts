/** Entry point of `bin/skiff`. */
import { program } from "./cli/main.ts";

try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  console.error(`skiff: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env["SKIFF_DEBUG"]) console.error(error);
  process.exitCode = 1;
}
