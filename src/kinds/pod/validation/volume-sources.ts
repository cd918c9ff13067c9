/** What each kind of volume needs. Kinds that Skiff cannot mount are stored with a Warning and not looked into. */
import { type FieldError, forbidden, invalid, notSupported, required } from "../../../machinery/field-error.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import type { Volume } from "../../../machinery/types.ts";
import { descendingPath, each, noBacksteps } from "../../../machinery/validation/fields.ts";
import { validateFieldRef, validateResourceFieldRef } from "./field-selectors.ts";

type Items = NonNullable<Volume["configMap"]>["items"];
type DownwardFile = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];
type ProjectedSource = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

/** Errors of the first kind of volume that is there, of those Skiff mounts. */
export function validateVolumeSource(volume: Volume, at: string): FieldError[] {
  if (volume.emptyDir) return validateEmptyDir(volume.emptyDir, `${at}.emptyDir`);
  if (volume.hostPath) return validateHostPath(volume.hostPath, `${at}.hostPath`);
  if (volume.secret) {
    const { secretName, defaultMode, items } = volume.secret;
    return validateFiles("secretName", secretName, defaultMode, items, `${at}.secret`);
  }
  if (volume.downwardAPI) {
    const { defaultMode, items } = volume.downwardAPI;
    const field = `${at}.downwardAPI`;
    return [...mode(`${field}.defaultMode`, defaultMode), ...each(items, field, validateDownwardFile)];
  }
  if (volume.configMap) {
    const { name, defaultMode, items } = volume.configMap;
    return validateFiles("name", name, defaultMode, items, `${at}.configMap`);
  }
  if (volume.projected) return validateProjected(volume.projected, `${at}.projected`);
  if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName) {
    return [required(`${at}.persistentVolumeClaim.claimName`)];
  }
  return [];
}

function validateEmptyDir({ sizeLimit }: NonNullable<Volume["emptyDir"]>, at: string): FieldError[] {
  if (sizeLimit === undefined || parseQuantity(sizeLimit).nano >= 0n) return [];
  return [forbidden(`${at}.sizeLimit`, "SizeLimit field must be a valid resource quantity")];
}

function validateHostPath({ path, type = "" }: NonNullable<Volume["hostPath"]>, at: string): FieldError[] {
  if (!path) return [required(`${at}.path`)];
  return [
    ...noBacksteps(`${at}.path`, path),
    ...(hostPathTypes.includes(type) ? [] : [notSupported(`${at}.type`, type, hostPathTypes)]),
  ];
}

/** Files from the keys of a ConfigMap or Secret. @param nameField under which field its name is. */
function validateFiles(
  nameField: string,
  name: string | undefined,
  defaultMode: number | undefined,
  items: Items,
  at: string,
): FieldError[] {
  return [
    ...(name ? [] : [required(`${at}.${nameField}`)]),
    ...mode(`${at}.defaultMode`, defaultMode),
    ...each(items, `${at}.items`, validateItem),
  ];
}

function validateItem({ key, path, mode: itemMode }: NonNullable<Items>[number], at: string): FieldError[] {
  return [
    ...(key ? [] : [required(`${at}.key`)]),
    ...(path ? localPath(`${at}.path`, path) : [required(`${at}.path`)]),
    ...mode(`${at}.mode`, itemMode),
  ];
}

function validateDownwardFile(
  { path, fieldRef, resourceFieldRef, mode: fileMode }: DownwardFile,
  at: string,
): FieldError[] {
  const errors = path ? localPath(`${at}.path`, path) : [required(`${at}.path`)];
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, "volume", `${at}.fieldRef`));
    if (resourceFieldRef) {
      const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
      errors.push(invalid(at, "resource", detail));
    }
  } else if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, "volume", `${at}.resourceFieldRef`));
  } else errors.push(required(at, "one of fieldRef and resourceFieldRef is required"));
  return [...errors, ...mode(`${at}.mode`, fileMode)];
}

function validateProjected({ defaultMode, sources }: NonNullable<Volume["projected"]>, at: string): FieldError[] {
  return [...mode(`${at}.defaultMode`, defaultMode), ...each(sources, `${at}.sources`, validateProjectedSource)];
}

function validateProjectedSource(source: ProjectedSource, at: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  const errors: FieldError[] = [];
  if (secret) errors.push(...validateFiles("name", secret.name, undefined, secret.items, `${at}.secret`));
  if (configMap) errors.push(...validateFiles("name", configMap.name, undefined, configMap.items, `${at}.configMap`));
  if (downwardAPI) errors.push(...each(downwardAPI.items, `${at}.downwardAPI`, validateDownwardFile));
  if (serviceAccountToken) errors.push(...validateToken(serviceAccountToken, `${at}.serviceAccountToken`));
  if (Object.keys(source).length > 1) errors.push(forbidden(at, "may not specify more than 1 volume type"));
  return errors;
}

function validateToken(
  { path, expirationSeconds = 3600 }: NonNullable<ProjectedSource["serviceAccountToken"]>,
  at: string,
): FieldError[] {
  const field = `${at}.expirationSeconds`;
  const errors: FieldError[] = [];
  if (expirationSeconds < 600) {
    errors.push(invalid(field, expirationSeconds, "may not specify a duration less than 10 minutes"));
  }
  if (expirationSeconds > 2 ** 32) {
    errors.push(invalid(field, expirationSeconds, "may not specify a duration larger than 2^32 seconds"));
  }
  return [...errors, ...(path ? localPath(`${at}.path`, path) : [required(`${at}.path`)])];
}

/** Names beginning with `..` are the kubelet's own, for swapping contents at once. */
function localPath(field: string, path: string): FieldError[] {
  const errors = descendingPath(field, path);
  if (path.startsWith("..") && !path.startsWith("../")) errors.push(invalid(field, path, "must not start with '..'"));
  return errors;
}

function mode(field: string, bits: number | undefined): FieldError[] {
  if (bits === undefined || (bits >= 0 && bits <= 0o777)) return [];
  return [invalid(field, bits, "must be a number between 0 and 0777 (octal), both inclusive")];
}
