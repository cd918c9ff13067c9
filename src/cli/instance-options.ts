/** The options every command takes to say which instance it means. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type InstancePaths, instanceFlags, instanceNameError, instancePaths } from "../machinery/instance-paths.ts";

export interface InstanceOptions {
  name: string;
  dataDir?: string;
}

function instanceName(value: string): string {
  const error = instanceNameError(value);
  if (error) throw new InvalidArgumentError(error);
  return value;
}

export function withInstance(command: Command): Command {
  return command
    .addOption(
      new Option("--name <name>", "name of the instance").env("SKIFF_NAME").argParser(instanceName).default("default"),
    )
    .addOption(
      new Option("--data-dir <directory>", "where it keeps its files (default: ~/.skiff/<name>)").env("SKIFF_DATA_DIR"),
    );
}

export function pathsOf(options: InstanceOptions): InstancePaths {
  return instancePaths(options.name, options.dataDir);
}

/** `--name x` as it has to be typed again in a suggested command; empty for the default instance. */
export function nameFlag(options: InstanceOptions): string {
  return instanceFlags(options.name, options.dataDir);
}
