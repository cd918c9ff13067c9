/** `volumes` and `tmpfs` of a service: https://docs.docker.com/reference/compose-file/services/#volumes */
import { posix } from "node:path";
import type { Container, Volume } from "../machinery/types.ts";
import { type Context, resolvePath } from "./context.ts";
import type { Value } from "./document.ts";
import { Mapping, textOf } from "./mapping.ts";
import type { Located } from "./problem.ts";

type VolumeMount = NonNullable<Container["volumeMounts"]>[number];

export interface Mounts {
  volumes: Volume[];
  mounts: VolumeMount[];
}

/** Where a volume comes from: the rest of a Volume, without its name. */
type Source = Omit<Volume, "name">;

interface Mount {
  source: Source;
  target: string;
  readOnly: boolean;
}

export function convertVolumes(service: Mapping, context: Context): Mounts {
  const list = service.list("volumes")?.items.flatMap((item) => convertVolume(item, context) ?? []) ?? [];
  const inMemory = tmpfsTargets(service, context).map((target) => ({
    source: { emptyDir: { medium: "Memory" } },
    target,
    readOnly: false,
  }));
  const mounts = [...list, ...inMemory];
  return {
    volumes: mounts.map(({ source }, index) => ({ name: `volume-${index}`, ...source })),
    mounts: mounts.map(({ target, readOnly }, index) => ({
      name: `volume-${index}`,
      mountPath: target,
      ...(readOnly && { readOnly }),
    })),
  };
}

function convertVolume(item: Value, context: Context): Mount | undefined {
  if (item.type === "mapping") return convertLong(new Mapping(item, context.findings), context);
  const text = textOf(item, context.findings);
  if (text === undefined) return undefined;
  const parts = text.split(":");
  const [first = "", second, mode = "", ...more] = parts;
  if (first === "" || more.length > 0) {
    context.findings.error(item, `invalid volume ${JSON.stringify(text)}: expected [SOURCE:]TARGET[:MODE]`);
    return undefined;
  }
  if (second === undefined) return mount(item, context, { source: { emptyDir: {} }, target: first, readOnly: false });
  const source = /^[./~]/.test(first) ? bindSource(first, item, context) : namedSource(first, item, context);
  const modes = mode.split(",").filter((flag) => flag !== "" && flag !== "rw" && flag !== "ro");
  if (modes.length > 0) context.findings.skipped(item, `the mode ${modes.join(",")} is not converted`);
  return source && mount(item, context, { source, target: second, readOnly: mode.split(",").includes("ro") });
}

function convertLong(volume: Mapping, context: Context): Mount | undefined {
  const type = volume.text("type") ?? "volume";
  const [source, target] = [volume.text("source"), volume.text("target")];
  const readOnly = volume.boolean("read_only") ?? false;
  volume.reportRest();
  if (target === undefined) {
    context.findings.error(volume, "target is required");
    return undefined;
  }
  const found = longSource(type, source, volume, context);
  return found && mount(volume, context, { source: found, target, readOnly });
}

function longSource(type: string, source: string | undefined, at: Located, context: Context): Source | undefined {
  if (type === "tmpfs") return { emptyDir: { medium: "Memory" } };
  if (type === "volume") return source ? namedSource(source, at, context) : { emptyDir: {} };
  if (type === "bind" && source) return bindSource(source, at, context);
  context.findings.error(at, type === "bind" ? "source is required" : `volumes of type ${type} are not converted`);
  return undefined;
}

function bindSource(path: string, at: Located, context: Context): Source | undefined {
  const resolved = resolvePath(path, at, context);
  // Without a type, what is not there is made a directory, as Compose does.
  return resolved === undefined ? undefined : { hostPath: { path: resolved } };
}

/** A named volume outlives its Pods and is shared by all who name it: a directory of the host. */
function namedSource(name: string, at: Located, { options, volumes, findings }: Context): Source | undefined {
  const directory = volumes.get(name);
  if (directory !== undefined) {
    return { hostPath: { path: posix.join(options.volumesDirectory, directory), type: "DirectoryOrCreate" } };
  }
  findings.error(at, `refers to the volume ${name}, which the top-level key volumes does not declare`);
  return undefined;
}

function mount(at: Located, { findings }: Context, found: Mount): Mount | undefined {
  if (found.target.startsWith("/")) return found;
  findings.error(at, `the target ${JSON.stringify(found.target)} is no absolute path`);
  return undefined;
}

function tmpfsTargets(service: Mapping, { findings }: Context): string[] {
  const entry = service.take("tmpfs");
  if (!entry) return [];
  const items = entry.value.type === "list" ? entry.value.items : [entry.value];
  return items.flatMap((item) => {
    const [target, options] = textOf(item, findings)?.split(":") ?? [];
    if (options) findings.skipped(item, `the options ${options} are not converted`);
    return target ? [target] : [];
  });
}
