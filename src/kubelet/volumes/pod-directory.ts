/** Where the files of a Pod lie: `<dataDir>/pods/<uid>/`, laid out as a kubelet's. */
import { join } from "node:path";

export class PodDirectory {
  readonly root: string;

  constructor(dataDir: string, uid: string) {
    this.root = join(dataDir, "pods", uid);
  }

  get hostsFile(): string {
    return join(this.root, "etc-hosts");
  }

  get resolvConf(): string {
    return join(this.root, "resolv.conf");
  }

  /** @param type `empty-dir`, `configmap`, … */
  volume(type: string, name: string): string {
    return join(this.root, "volumes", `kubernetes.io~${type}`, name);
  }

  /** File that the container's instance may leave a message in when it ends. */
  terminationLog(container: string, restartCount: number): string {
    return join(this.root, "containers", container, String(restartCount));
  }
}
