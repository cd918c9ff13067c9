import { duplicate, type FieldError, forbidden, required } from "../../../machinery/field-error.ts";
import type { Volume } from "../../../machinery/types.ts";
import { checkRequired, each } from "../../../machinery/validation/fields.ts";
import { dns1123LabelErrors } from "../../../machinery/validation/names.ts";
import { validateVolumeSource } from "./volume-sources.ts";

/** In the order in which the API looks at them: the first that is there counts, the others are one too many. */
const kinds = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
] as const satisfies (keyof Volume)[];

/** @returns the errors, and the names of the volumes that have none. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  field: string,
): { errors: FieldError[]; names: ReadonlySet<string> } {
  const names = new Set<string>();
  const errors = each(volumes, field, (volume, at) => {
    const found = [
      ...validateSource(volume, at),
      ...checkRequired(`${at}.name`, volume.name, dns1123LabelErrors),
      ...(names.has(volume.name) ? [duplicate(`${at}.name`, volume.name)] : []),
    ];
    if (found.length === 0) names.add(volume.name);
    return found;
  });
  return { errors, names };
}

function validateSource(volume: Volume, at: string): FieldError[] {
  const present: string[] = kinds.filter((kind) => volume[kind] !== undefined);
  // A kind newer than this list (`image`) is stored as it is.
  if (present.length === 0 && Object.keys(volume).every((key) => key === "name")) {
    return [required(at, "must specify a volume type")];
  }
  return [
    ...validateVolumeSource(volume, at),
    ...present.slice(1).map((kind) => forbidden(`${at}.${kind}`, "may not specify more than 1 volume type")),
  ];
}
