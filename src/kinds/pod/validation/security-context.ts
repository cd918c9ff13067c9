/** https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
import { duplicate, type FieldError, invalid, required } from "../../../machinery/field-error.ts";
import type { Container, PodSpec } from "../../../machinery/types.ts";
import { descendingPath, each, oneOf, userOrGroupId } from "../../../machinery/validation/fields.ts";

type PodContext = NonNullable<PodSpec["securityContext"]>;
type ContainerContext = NonNullable<Container["securityContext"]>;

export function validatePodSecurityContext(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext;
  if (!context) return [];
  const errors = [
    ...userOrGroupId(`${field}.fsGroup`, context.fsGroup),
    ...userOrGroupId(`${field}.runAsUser`, context.runAsUser),
    ...userOrGroupId(`${field}.runAsGroup`, context.runAsGroup),
    ...each(context.supplementalGroups, `${field}.supplementalGroups`, (id, at) => userOrGroupId(at, id)),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(`${field}.shareProcessNamespace`, true, detail));
  }
  errors.push(...validateSysctls(context.sysctls, `${field}.sysctls`));
  if (context.fsGroupChangePolicy !== undefined) {
    const policies = ["Always", "OnRootMismatch"];
    errors.push(...oneOf(`${field}.fsGroupChangePolicy`, context.fsGroupChangePolicy, policies));
  }
  errors.push(...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`));
  return errors;
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function validateSysctls(sysctls: PodContext["sysctls"], field: string): FieldError[] {
  const names = new Set<string>();
  return each(sysctls, field, ({ name }, at) => {
    if (!name) return [required(`${at}.name`)];
    if (name.length > 253 || !sysctlName.test(name)) {
      return [invalid(`${at}.name`, name, `must have at most 253 characters and match regex ${sysctlName.source}`)];
    }
    if (names.has(name)) return [duplicate(`${at}.name`, name)];
    names.add(name);
    return [];
  });
}

function validateSeccompProfile(profile: PodContext["seccompProfile"], field: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const errors = type
    ? oneOf(`${field}.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"])
    : [required(`${field}.type`, "type is required when seccompProfile is set")];
  const at = `${field}.localhostProfile`;
  if (type === "Localhost") {
    if (localhostProfile === undefined) errors.push(required(at, "must be set when seccomp type is Localhost"));
    else errors.push(...descendingPath(at, localhostProfile));
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(at, profile, "can only be set when seccomp type is Localhost"));
  }
  return errors;
}

export function validateSecurityContext(context: ContainerContext | undefined, field: string): FieldError[] {
  if (!context) return [];
  const errors = [
    ...userOrGroupId(`${field}.runAsUser`, context.runAsUser),
    ...userOrGroupId(`${field}.runAsGroup`, context.runAsGroup),
  ];
  if (context.procMount !== undefined) {
    errors.push(...oneOf(`${field}.procMount`, context.procMount, ["Default", "Unmasked"]));
  }
  errors.push(...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    const refuse = (what: string): FieldError =>
      invalid(field, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
    if (context.privileged) errors.push(refuse("`privileged` to true"));
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) errors.push(refuse("`capabilities.Add` CAP_SYS_ADMIN"));
  }
  return errors;
}
