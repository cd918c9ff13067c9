import { expect, it } from "vitest";
import { type AccessAttributes, isAllowed } from "./authorization.ts";

const admin = ["system:masters", "system:authenticated"];
const account = ["system:serviceaccounts", "system:authenticated"];
const anybody: string[] = [];

it.each<[who: string[], request: AccessAttributes, allowed: boolean]>([
  [admin, { verb: "delete", group: "", resource: "secrets", namespace: "x" }, true],
  [admin, { verb: "post", path: "/apply" }, true],
  [account, { verb: "get", group: "", resource: "pods", namespace: "x" }, false],
  [account, { verb: "create", group: "authorization.k8s.io", resource: "selfsubjectaccessreviews" }, true],
  [account, { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" }, false],
  [account, { verb: "create", group: "", resource: "selfsubjectaccessreviews" }, false],
  [account, { verb: "get", path: "/apis/apps/v1" }, true],
  [account, { verb: "get", path: "/apisfoo" }, false],
  [account, { verb: "post", path: "/api" }, false],
  [anybody, { verb: "get", path: "/version" }, true],
  [anybody, { verb: "get", path: "/readyz/ping" }, true],
  [anybody, { verb: "get", path: "/api" }, false],
  [anybody, { verb: "create", group: "authorization.k8s.io", resource: "selfsubjectaccessreviews" }, false],
])("members of %j may %j: %j", (groups, request, allowed) => expect(isAllowed(groups, request)).toBe(allowed));
