/** Defaults of volumes: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/ */
import type { Volume } from "../../machinery/types.ts";

type DownwardFile = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

/** `rw-r--r--` */
const defaultMode = 0o644;
const tokenLifetimeSeconds = 3600;

/** Fills in what a volume does not say, in place. A volume of no kind at all is an `emptyDir`. */
export function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === "name")) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= defaultMode;
  if (volume.configMap) volume.configMap.defaultMode ??= defaultMode;
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= defaultMode;
    defaultDownwardFiles(volume.downwardAPI.items);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= defaultMode;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= tokenLifetimeSeconds;
      defaultDownwardFiles(source.downwardAPI?.items);
    }
  }
  if (volume.ephemeral?.volumeClaimTemplate) volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= "Filesystem";
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= "default";
}

function defaultDownwardFiles(items: DownwardFile[] | undefined): void {
  for (const item of items ?? []) {
    if (item.fieldRef) item.fieldRef.apiVersion ||= "v1";
  }
}
