/** Rule: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
import { type FieldError, forbidden, invalid, required, tooLong } from "../../machinery/field-error.ts";
import type { Secret } from "../../machinery/types.ts";
import { configKeyErrors } from "../../machinery/validation/names.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { largestData } from "../config-map/validation.ts";

const accountAnnotation = "kubernetes.io/service-account.name";

export function validateSecret(object: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    errors.push(...configKeyErrors(key).map((error) => invalid(`data[${key}]`, key, error)));
    size += Buffer.byteLength(value, "base64");
  }
  if (size > largestData) errors.push(tooLong("data", largestData));
  errors.push(...validateType(object));
  return errors;
}

/** What a Secret of a known type must hold. */
function validateType(object: Secret): FieldError[] {
  const data = object.data ?? {};
  switch (object.type) {
    case "kubernetes.io/service-account-token":
      return object.metadata?.annotations?.[accountAnnotation]
        ? []
        : [required(`metadata.annotations[${accountAnnotation}]`)];
    case "kubernetes.io/dockercfg":
      return validateJson(data, ".dockercfg");
    case "kubernetes.io/dockerconfigjson":
      return validateJson(data, ".dockerconfigjson");
    case "kubernetes.io/basic-auth":
      return "username" in data || "password" in data ? [] : [required("data[username]"), required("data[password]")];
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [required("data[ssh-privatekey]")];
    case "kubernetes.io/tls":
      return ["tls.crt", "tls.key"].filter((key) => !(key in data)).map((key) => required(`data[${key}]`));
    default:
      return [];
  }
}

function validateJson(data: Record<string, string>, key: string): FieldError[] {
  const value = data[key];
  if (value === undefined) return [required(`data[${key}]`)];
  try {
    JSON.parse(Buffer.from(value, "base64").toString());
    return [];
  } catch (error) {
    // The contents are secret: they are never repeated.
    return [
      invalid(
        `data[${key}]`,
        "<secret contents redacted>",
        (error as Error).name === "SyntaxError" ? "invalid character" : "unreadable",
      ),
    ];
  }
}

const immutable = "field is immutable when `immutable` is set";

export function validateSecretUpdate(object: Secret, old: Secret): FieldError[] {
  const errors: FieldError[] = [];
  if (object.type !== old.type) errors.push(invalid("type", object.type, "field is immutable"));
  if (!old.immutable) return errors;
  if (!object.immutable) errors.push(forbidden("immutable", immutable));
  if (!semanticEqual(object.data, old.data)) errors.push(forbidden("data", immutable));
  return errors;
}
