/** GET /version, as `kubectl version` and client libraries read it. */
import { kubernetesVersion } from "../../machinery/settings.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64" };

export function versionInfo() {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  return {
    major,
    minor,
    gitVersion: `${kubernetesVersion}+skiff`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${architectures[process.arch] ?? process.arch}`,
  };
}
