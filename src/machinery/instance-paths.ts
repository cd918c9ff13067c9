/** Where an instance keeps its files. The command line and the daemon both find them here. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface InstancePaths {
  dataDir: string;
  database: string;
  /** Settings chosen at the first start and kept ever since. */
  settings: string;
  pki: string;
  kubeconfig: string;
  /** Unix socket of the API, without TLS or token: who may open it is `root` of this instance (mode 0600). */
  socket: string;
  pid: string;
  log: string;
  /** Requests that came in through Ingress; beside it `.1` with those before. */
  ingressLog: string;
  pods: string;
  /** Named volumes of Compose projects. */
  volumes: string;
}

/** `~/.skiff/<name>`, or the directory given. */
export function instancePaths(name: string, dataDir?: string): InstancePaths {
  const directory = dataDir ? resolve(dataDir) : join(homedir(), ".skiff", name);
  return {
    dataDir: directory,
    database: join(directory, "skiff.db"),
    settings: join(directory, "settings.json"),
    pki: join(directory, "pki"),
    kubeconfig: join(directory, "kubeconfig"),
    socket: join(directory, "api.sock"),
    pid: join(directory, "skiff.pid"),
    log: join(directory, "skiff.log"),
    ingressLog: join(directory, "ingress.log"),
    pods: join(directory, "pods"),
    volumes: join(directory, "volumes"),
  };
}

/**
 * The instance's options as they have to be typed again in a command that a message suggests: ` --name lab`, with the
 * blank before it; empty for the default instance in its own place.
 */
export function instanceFlags(name: string, dataDir?: string): string {
  const moved = dataDir !== undefined && resolve(dataDir) !== instancePaths(name).dataDir;
  return (name === "default" ? "" : ` --name ${name}`) + (moved ? ` --data-dir ${dataDir}` : "");
}

/** Why what is in `dataDir` is not for the instance `asked` for; undefined when it is. @param owner undefined: not known. */
export function foreignDirectory(dataDir: string, owner: string | undefined, asked: string): string | undefined {
  if (owner === undefined || owner === asked) return undefined;
  return `${dataDir} is the directory of the instance "${owner}", not of "${asked}": say --name ${owner}, or another --data-dir`;
}

/** Names of instances go into Docker names, nft tables and host names: a DNS label of at most 20 characters. */
export function instanceNameError(name: string): string | undefined {
  if (/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) return undefined;
  return `"${name}" cannot name an instance: use at most 20 lower-case letters, digits and "-", beginning and ending with a letter or digit`;
}
