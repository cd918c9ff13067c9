/**
 * The little of a shell that tests' containers need, run in memory: `echo`, `exit`, `sleep`, `cat`, `hostname`, `true`,
 * `false`, `trap '' TERM`, `$NAME`, joined by `;`. It understands `["sh", "-c", script]` and a single command as a list.
 */
export interface ShellHost {
  hostname: string;
  env: ReadonlyMap<string, string>;
  write(stream: "stdout" | "stderr", text: string): void;
  /** All of stdin, once its end has come. */
  input(): Promise<string>;
  /** Resolves after so many seconds. */
  sleep(seconds: number): Promise<void>;
}

export interface Program {
  /** The exit code; never, while it sleeps. */
  exit: Promise<number>;
  /** Whether SIGTERM ends it. */
  heedsTerm: boolean;
}

/** Commands there are: everything else is an executable not found. */
export const commands = new Set(["sh", "echo", "exit", "sleep", "cat", "hostname", "true", "false", "trap"]);

export function run(command: readonly string[], host: ShellHost): Program {
  const script = command[0] === "sh" && command[1] === "-c" ? (command[2] ?? "") : command.join(" ");
  const statements = script.split(";").map((statement) => statement.trim());
  const heedsTerm = !statements.some((statement) => /^trap '' TERM$/.test(statement));
  return { exit: interpret(statements, host), heedsTerm };
}

async function interpret(statements: readonly string[], host: ShellHost): Promise<number> {
  let status = 0;
  for (const statement of statements) {
    const toError = statement.endsWith(">&2");
    const [name = "", ...words] = (toError ? statement.slice(0, -3).trim() : statement).split(/\s+/);
    const text = words.join(" ").replace(/\$(\w+)/g, (_, variable: string) => host.env.get(variable) ?? "");
    const stream = toError ? "stderr" : "stdout";
    switch (name) {
      case "echo":
        host.write(stream, `${text}\n`);
        status = 0;
        break;
      case "hostname":
        host.write(stream, `${host.hostname}\n`);
        status = 0;
        break;
      case "cat":
        host.write(stream, await host.input());
        status = 0;
        break;
      case "sleep":
        await host.sleep(Number(text));
        break;
      case "false":
        status = 1;
        break;
      case "exit":
        return Number(text || status);
      default:
        status = 0;
    }
  }
  return status;
}
