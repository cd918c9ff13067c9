/**
 * Who may do what, until there is RBAC: the group `system:masters` everything, everybody else what Kubernetes' own
 * default roles grant them (`system:discovery`, `system:basic-user`, `system:public-info-viewer`).
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */

/** A request for a resource, or for a path that is none. */
export type AccessAttributes =
  | { verb: string; group: string; resource: string; subresource?: string; namespace?: string; name?: string }
  | { verb: string; path: string };

export interface ResourceRule {
  verbs: readonly string[];
  apiGroups: readonly string[];
  resources: readonly string[];
}

export interface PathRule {
  verbs: readonly string[];
  nonResourceURLs: readonly string[];
}

export interface Rules {
  resourceRules: readonly ResourceRule[];
  nonResourceRules: readonly PathRule[];
}

/** May do everything, as in Kubernetes. */
export const adminGroup = "system:masters";

const everything: Rules = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

const publicInfo: PathRule = {
  verbs: ["get"],
  // The single checks too (`/readyz/ping`): they say no more than the whole.
  nonResourceURLs: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/"],
};

const discovery: PathRule = {
  verbs: ["get"],
  nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"],
};

const basicUser: readonly ResourceRule[] = [
  {
    verbs: ["create"],
    apiGroups: ["authorization.k8s.io"],
    resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
  },
  { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"] },
];

/** What members of these groups may do. */
export function rulesFor(groups: readonly string[]): Rules {
  if (groups.includes(adminGroup)) return everything;
  if (!groups.includes("system:authenticated")) return { resourceRules: [], nonResourceRules: [publicInfo] };
  return { resourceRules: basicUser, nonResourceRules: [publicInfo, discovery] };
}

/** Whether a member of these groups may do it. */
export function isAllowed(groups: readonly string[], request: AccessAttributes): boolean {
  const rules = rulesFor(groups);
  if ("path" in request) {
    return rules.nonResourceRules.some(
      (rule) => covers(rule.verbs, request.verb) && rule.nonResourceURLs.some((url) => pathCovers(url, request.path)),
    );
  }
  const resource = request.subresource ? `${request.resource}/${request.subresource}` : request.resource;
  return rules.resourceRules.some(
    (rule) =>
      covers(rule.verbs, request.verb) && covers(rule.apiGroups, request.group) && covers(rule.resources, resource),
  );
}

function covers(list: readonly string[], value: string): boolean {
  return list.includes("*") || list.includes(value);
}

function pathCovers(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
